//! Sign-in handlers of the application: the check of the password for every kind of backend, and forms as JSON.

use axum::Router;
use axum::routing::post;
use jwt_auth::passwords::{MemoryThrottle, PasswordError, ThrottleLimits};
use jwt_auth::{AuthBackend, AuthSession, GrantError, Login, Parts, PasswordForm, Protected, auth_backend};
use jwt_auth_tests::{Answer, call};

use crate::fixture::{User, alice, request, settings};

macro_rules! backends {
    ($($name:ident { $($keys:tt)* })+) => {
        $(
            #[auth_backend(user = User, authenticate = $name::check, exclude = ["POST /sign-in"], $($keys)*)]
            struct $name;

            impl $name {
                fn check(&self, username: &str, password: &str, request: &Parts) -> Option<User> {
                    assert!(request.headers.contains_key("content-type"), "the function gets the request");
                    (username == "alice" && password == "wonderland").then(alice)
                }
            }
        )+
    };
}

backends! {
    ByHeader { kind = "bearer" }
    ByCookie { kind = "cookie" }
    ByBoth { kind = "oauth2", token_url = "/token" }
}

async fn sign_in<A: AuthBackend<User = User>>(
    session: AuthSession<A>,
    form: PasswordForm,
) -> Result<Login, GrantError> {
    let user = session.check_password(&form.username, &form.password).await?.ok_or(GrantError::InvalidGrant)?;
    Ok(session.login(&user).scopes(form.scopes()).await?)
}

fn app<A: AuthBackend<User = User>>(builder: jwt_auth::Builder<A>) -> Protected {
    let throttle = MemoryThrottle::new(ThrottleLimits::new().per_name(3));
    let auth = settings(builder).throttle(throttle).build().unwrap();
    auth.protect(Router::new().route("/sign-in", post(sign_in::<A>))).unwrap()
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

async fn send(app: &Protected, path: &str, media_type: &str, body: &str) -> Answer {
    let mut request = request("POST", path, &[("content-type", media_type)]);
    *request.body_mut() = body.to_owned().into();
    call(app, request).await
}

const RIGHT: &str = r#"{"username": "alice", "password": "wonderland"}"#;
const WRONG: &str = r#"{"username": "alice", "password": "x"}"#;

// THR-01
#[tokio::test]
async fn a_backend_of_every_kind_checks_passwords_within_limits() {
    for app in [app(ByHeader.backend()), app(ByCookie.backend()), app(ByBoth.backend())] {
        assert_eq!(send(&app, "/sign-in", JSON, RIGHT).await.status, 200);
        for _ in 0..3 {
            assert_eq!(send(&app, "/sign-in", JSON, WRONG).await.json()["error"], "invalid_grant");
        }
        let answer = send(&app, "/sign-in", JSON, RIGHT).await;
        assert!(answer.status == 429 && answer.header("retry-after").is_some(), "{answer:?}");
    }
}

// THR-01
#[tokio::test]
async fn only_the_kind_oauth2_gets_a_token_endpoint() {
    let form = "grant_type=password&username=alice&password=wonderland";
    for app in [app(ByHeader.backend()), app(ByCookie.backend())] {
        assert_eq!(send(&app, "/token", FORM, form).await.status, 401);
    }
    assert_eq!(send(&app(ByBoth.backend()), "/token", FORM, form).await.status, 200);
}

// THR-01
#[tokio::test]
async fn json_and_forms_count_together_with_the_token_endpoint() {
    let app = app(ByBoth.backend());
    let wrong = "grant_type=password&username=alice&password=x";
    for (path, media_type, body) in [("/token", FORM, wrong), ("/sign-in", JSON, WRONG), ("/sign-in", FORM, wrong)] {
        assert_eq!(send(&app, path, media_type, body).await.status, 400);
    }
    let right = "grant_type=password&username=alice&password=wonderland";
    for (path, media_type, body) in [("/token", FORM, right), ("/sign-in", JSON, RIGHT), ("/sign-in", FORM, right)] {
        assert_eq!(send(&app, path, media_type, body).await.status, 429);
    }
}

// TOK-03
#[tokio::test]
async fn the_token_endpoint_reads_forms_only() {
    let answer = send(&app(ByBoth.backend()), "/token", JSON, RIGHT).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &"invalid_request".into()));
}

// TOK-03
#[tokio::test]
async fn json_is_read_strictly() {
    let app = app(ByBoth.backend());
    let good = [
        r#"{"grant_type":"password","username":"alice","password":"wonderland"}"#,
        r#"{"username":"alice","password":"wonderland","scope":"","remember":{"me":true}}"#,
        r#"{"username":"alice","password":"\u0077onderland","scope":null}"#,
    ];
    for body in good {
        assert_eq!(send(&app, "/sign-in", "application/json; charset=UTF-8", body).await.status, 200, "{body}");
    }
    let long = format!(r#"{{"username":"alice","password":"wonderland","x":"{}"}}"#, "x".repeat(16 * 1024));
    let bad = [
        ("", "invalid_request"),
        ("username=alice", "invalid_request"),
        ("[]", "invalid_request"),
        (r#"{"username":"alice"}"#, "invalid_request"),
        (r#"{"username":"","password":"wonderland"}"#, "invalid_request"),
        (r#"{"username":"alice","password":7}"#, "invalid_request"),
        (r#"{"username":"alice","password":["wonderland"]}"#, "invalid_request"),
        (r#"{"username":"alice","password":"wonderland","scope":["read"]}"#, "invalid_request"),
        (r#"{"username":"alice","password":"x","password":"wonderland"}"#, "invalid_request"),
        (r#"{"username":"alice","password":"wonderland"} {}"#, "invalid_request"),
        (r#"{"username":"alice","password":"wonderland","grant_type":"client_credentials"}"#, "unsupported_grant_type"),
        (r#"{"username":"alice","password":"wonderland","scope":"a  b"}"#, "invalid_scope"),
        (&long, "invalid_request"),
    ];
    for (body, code) in bad {
        let answer = send(&app, "/sign-in", JSON, body).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &code.into()), "{body:.80}");
    }
    for media_type in ["application/json; charset=latin1", "text/json", "application/problem+json", ""] {
        assert_eq!(send(&app, "/sign-in", media_type, RIGHT).await.status, 400, "{media_type}");
    }
}

// THR-01
#[tokio::test]
async fn without_authenticate_the_session_checks_nothing() {
    let asked = |session: AuthSession<crate::fixture::Cookie>| async move {
        assert_eq!(session.check_password("alice", "wonderland").await, Err(PasswordError::NotDeclared));
    };
    let auth = settings(crate::fixture::Cookie.backend()).build().unwrap();
    let app = auth.protect(Router::new().route("/open", post(asked))).unwrap();
    assert_eq!(call(&app, request("POST", "/open", &[])).await.status, 200);
}
