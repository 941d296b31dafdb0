//! What the function of `on_event` is told.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::{get, post};
use jwt_auth::events::{Event, NotGranted, SignInBy, SignOut};
use jwt_auth::passwords::{Limit, MemoryThrottle, ThrottleLimits};
use jwt_auth::session::LoginError;
use jwt_auth::{
    AuthSession, Backend, Builder, GrantError, Login, Logout, LogoutError, MemoryStore, NotAllowed, Parts,
    PasswordForm, Protected, RefreshTokens, RejectionReason, Require, StoreError, auth_backend,
};
use jwt_auth_tests::around::{Around, fail, go_on};
use jwt_auth_tests::{Answer, call};

use crate::fixture::{ISSUER, SECRET, User, alice, request, settings};

#[auth_backend(
    kind = "oauth2", user = User, authenticate = check, token_url = "/token", revoke_url = "/revoke",
    scopes(read = "Read", write = "Write"), exclude = ["POST /sign-in"]
)]
struct Auth;

fn check(_: &Auth, username: &str, password: &str, _: &Parts) -> Result<Option<User>, NotAllowed> {
    match username {
        "locked" => Err(NotAllowed::because("the account is locked")),
        _ => Ok((password == "wonderland").then(alice)),
    }
}

async fn sign_in(session: AuthSession<Auth>, parts: Parts, form: PasswordForm) -> Result<Login, GrantError> {
    let found = session.backend().check_password(&form.username, &form.password, &parts).await?;
    Ok(session.login(&found.ok_or(GrantError::InvalidGrant)?).await?)
}

async fn sign_out(session: AuthSession<Auth>) -> Result<Logout, LogoutError> {
    session.logout().await
}

async fn everywhere(session: AuthSession<Auth>, user: User) -> Result<(), StoreError> {
    session.logout_everywhere(&user.id).await
}

async fn panics() -> &'static str {
    panic!("a handler")
}

/// A service, and what it was told.
struct Service {
    app: Protected,
    auth: Backend<Auth>,
    told: Arc<Mutex<Vec<Event>>>,
}

impl Service {
    fn new(more: impl FnOnce(Builder<Auth>) -> Builder<Auth>) -> Self {
        let told = Arc::<Mutex<Vec<Event>>>::default();
        let telling = Arc::clone(&told);
        let builder = settings(Auth.backend()).refresh_tokens(RefreshTokens::new());
        let auth = more(builder).on_event(move |event| telling.lock().unwrap().push(event.clone())).build().unwrap();
        let router = Router::new()
            .route("/me", get(|_: User| async {}))
            .route("/orders/{id}", get(|_: Require<auth::Write>| async {}))
            .route("/panics", get(panics))
            .route("/sign-in", post(sign_in))
            .route("/sign-out", post(sign_out))
            .route("/everywhere", post(everywhere));
        Self { app: auth.protect(router).unwrap(), auth, told }
    }

    /// What was told since the last call.
    fn told(&self) -> Vec<Event> {
        std::mem::take(&mut *self.told.lock().unwrap())
    }

    /// The one event that was told since the last call.
    fn one(&self) -> Event {
        let mut told = self.told();
        assert_eq!(told.len(), 1, "{told:?}");
        told.remove(0)
    }

    async fn send(&self, method: &str, path: &str, token: &str, form: &str) -> Answer {
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
        let bearer = format!("Bearer {token}");
        if !token.is_empty() {
            headers.push(("authorization", &bearer));
        }
        let mut request = request(method, path, &headers);
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 7], 4_000))));
        *request.body_mut() = form.to_owned().into();
        call(&self.app, request).await
    }

    async fn sign_in(&self, name: &str, password: &str) -> Answer {
        self.send("POST", "/token", "", &format!("grant_type=password&username={name}&password={password}")).await
    }

    async fn refresh(&self, token: &str) -> Answer {
        self.send("POST", "/token", "", &format!("grant_type=refresh_token&refresh_token={token}")).await
    }
}

fn client() -> Option<IpAddr> {
    Some(IpAddr::from([192, 0, 2, 7]))
}

fn tokens(answer: &Answer) -> (String, String) {
    let text = |name: &str| answer.json()[name].as_str().unwrap_or_default().to_owned();
    (text("access_token"), text("refresh_token"))
}

// SEE-01
#[tokio::test]
async fn a_session_is_told_from_its_beginning_to_its_end() {
    let service = Service::new(|builder| builder);
    let (_, first) = tokens(&service.sign_in("alice", "wonderland").await);
    let Event::SignedIn { issuer, subject, client_id, session, by, request, .. } = service.one() else { panic!() };
    assert_eq!((issuer.as_str(), subject.as_str(), by), (ISSUER, "7", SignInBy::TokenEndpoint));
    assert_eq!((client_id.as_deref(), request.route.as_deref()), (Some(ISSUER), Some("/token")));
    assert_eq!((request.method, request.client), (http::Method::POST, client()));
    let began = session.expect("a session");

    let (access, second) = tokens(&service.refresh(&first).await);
    let Event::Refreshed { subject, session, .. } = service.one() else { panic!() };
    assert_eq!((subject.as_str(), &session), ("7", &began));

    assert_eq!(service.send("POST", "/sign-out", &access, "").await.status, 204);
    let Event::SignedOut { what, session, request, .. } = service.one() else { panic!() };
    assert_eq!((what, session), (SignOut::Session, Some(began)));
    assert_eq!(request.unwrap().route.as_deref(), Some("/sign-out"));

    assert_eq!(service.refresh(&second).await.status, 400);
    let Event::RefreshRefused { reason, .. } = service.one() else { panic!() };
    assert_eq!(reason, NotGranted::InvalidRefreshToken);
}

#[tokio::test]
async fn a_refresh_token_that_is_used_twice_is_told_as_that() {
    let service = Service::new(|builder| builder);
    let (_, first) = tokens(&service.sign_in("alice", "wonderland").await);
    let (_, second) = tokens(&service.refresh(&first).await);
    service.refresh(&second).await;
    service.told();
    assert_eq!(service.refresh(&first).await.status, 400);
    let Event::RefreshTokenReused { subject, request, .. } = service.one() else { panic!() };
    assert_eq!((subject.as_str(), request.client), ("7", client()));
}

// SEE-01
#[tokio::test]
async fn a_refused_sign_in_is_told_with_its_reason() {
    let service = Service::new(|builder| {
        builder.throttle(MemoryThrottle::new(ThrottleLimits::new().per_name(9).per_name_and_address(2)))
    });
    let reason = |service: &Service| match service.one() {
        Event::SignInRefused { reason, request, .. } if request.client == client() => reason,
        other => panic!("{other:?}"),
    };
    service.sign_in("alice", "hunter2").await;
    assert_eq!(reason(&service), NotGranted::WrongPassword);
    service.sign_in("locked", "wonderland").await;
    assert_eq!(reason(&service).code(), "not_allowed");
    service.send("POST", "/token", "", "grant_type=password&username=alice").await;
    assert_eq!(reason(&service), NotGranted::InvalidRequest("the form has no `password`, or it is empty".into()));
    service.send("POST", "/token", "", "grant_type=password&username=bob&password=wonderland&scope=x").await;
    assert_eq!(reason(&service), NotGranted::InvalidScope);
    service.send("POST", "/sign-in", "", "grant_type=password&username=alice&password=hunter2").await;
    assert_eq!(reason(&service), NotGranted::WrongPassword);
    assert_eq!(service.sign_in("alice", "wonderland").await.status, 429);
    let told = service.told();
    let [Event::Throttled { limit, .. }, Event::SignInRefused { reason, .. }] = &told[..] else { panic!("{told:?}") };
    assert_eq!((*limit, reason.code()), (Limit::PerNameAndAddress, "throttled"));
}

#[tokio::test]
async fn a_refused_request_is_told_with_what_was_verified() {
    let service = Service::new(|builder| builder);
    let token = service.auth.create_token(&alice()).unwrap();
    let refused = |service: &Service| match service.one() {
        Event::Refused { reason, status, issuer, subject, request, .. } => {
            (reason, status.as_u16(), issuer.zip(subject), request.route)
        }
        other => panic!("{other:?}"),
    };
    let (me, orders) = (Some("/me".to_owned()), Some("/orders/{id}".to_owned()));
    let of_alice = || Some((ISSUER.to_owned(), "7".to_owned()));
    service.send("GET", "/me", "", "").await;
    assert_eq!(refused(&service), (RejectionReason::MissingCredential, 401, None, me.clone()));
    service.send("GET", "/me", &format!("{}x", &token[..token.len() - 1]), "").await;
    assert!(matches!(refused(&service), (RejectionReason::Token(_), 401, None, _)));
    service.send("GET", "/orders/5", &token, "").await;
    let scope = RejectionReason::InsufficientScope("write".into());
    assert_eq!(refused(&service), (scope, 403, of_alice(), orders));
    service.send("GET", "/nowhere", "", "").await;
    assert_eq!(refused(&service).3, None);
    service.send("GET", "/panics", &token, "").await;
    assert_eq!(refused(&service).0, RejectionReason::Panicked("a handler"));
    let (access, _) = tokens(&service.sign_in("alice", "wonderland").await);
    service.auth.revoke_user(&7).await.unwrap();
    let Event::SignedOut { what, request, .. } = service.told().remove(1) else { panic!() };
    assert_eq!((what, request), (SignOut::Everywhere, None));
    service.send("GET", "/me", &access, "").await;
    assert_eq!(refused(&service), (RejectionReason::Revoked, 401, of_alice(), me));
}

#[tokio::test]
async fn each_way_to_sign_out_is_told_once() {
    let service = Service::new(|builder| builder);
    for revoked in [0, 1] {
        let (access, refresh) = tokens(&service.sign_in("alice", "wonderland").await);
        service.told();
        let form = format!("token={}", [access, refresh][revoked]);
        assert_eq!(service.send("POST", "/revoke", "", &form).await.status, 200);
        assert!(matches!(service.one(), Event::SignedOut { what: SignOut::Session, session: Some(_), .. }));
    }
    let token = service.auth.create_token(&alice()).unwrap();
    service.send("POST", "/sign-out", &token, "").await;
    assert!(matches!(service.one(), Event::SignedOut { what: SignOut::Token, session: None, .. }));
    let (access, _) = tokens(&service.sign_in("alice", "wonderland").await);
    let id = service.auth.sessions(&7).await.unwrap()[0].id.clone();
    service.told();
    assert!(service.auth.end_session(&7, &id).await.unwrap() && !service.auth.end_session(&7, &id).await.unwrap());
    assert!(matches!(service.one(), Event::SignedOut { what: SignOut::Session, request: None, .. }));
    assert_eq!(service.send("GET", "/me", &access, "").await.status, 401);
    let token = service.auth.create_token(&alice()).unwrap();
    service.told();
    assert_eq!(service.send("POST", "/everywhere", &token, "").await.status, 200);
    let Event::SignedOut { what, request, .. } = service.one() else { panic!() };
    assert_eq!((what, request.unwrap().client), (SignOut::Everywhere, client()));
}

#[tokio::test]
async fn a_store_that_fails_is_told_before_the_request_that_it_refuses() {
    let (store, fails) = (Arc::new(MemoryStore::new()), Arc::new(AtomicBool::new(false)));
    let failing = Arc::clone(&fails);
    let around = Around::before(&store, move |_| if failing.load(Ordering::SeqCst) { fail() } else { go_on() });
    let service = Service::new(|builder| builder.store(around));
    let (access, refresh) = tokens(&service.sign_in("alice", "wonderland").await);
    service.told();
    fails.store(true, Ordering::SeqCst);
    let codes = |service: &Service| -> Vec<&'static str> {
        let code = |event: Event| match event {
            Event::StoreFailed { .. } => "the store",
            Event::Refused { reason, .. } => reason.code(),
            Event::SignInRefused { reason, .. } | Event::RefreshRefused { reason, .. } => reason.code(),
            other => panic!("{other:?}"),
        };
        service.told().into_iter().map(code).collect()
    };
    assert_eq!(service.send("GET", "/me", &access, "").await.status, 503);
    assert_eq!(codes(&service), ["the store", "store_failed"]);
    assert_eq!(service.refresh(&refresh).await.status, 503);
    assert_eq!(codes(&service), ["the store", "store_failed"]);
    assert_eq!(service.sign_in("alice", "wonderland").await.status, 503);
    assert_eq!(codes(&service), ["the store", "store_failed"]);
}

// REL-06: no secret reaches the function, whatever happens.
#[tokio::test]
async fn no_event_holds_a_token_or_a_password() {
    let service = Service::new(|builder| builder);
    let (access, first) = tokens(&service.sign_in("alice", "wonderland").await);
    let (next, second) = tokens(&service.refresh(&first).await);
    let (third, fourth) = tokens(&service.refresh(&second).await);
    service.sign_in("typed-password", "hunter2").await;
    for token in [&access, &next, &third, &first, &format!("{access}x")] {
        service.send("GET", "/me", token, "").await;
        service.send("GET", "/orders/5?access_token=query", token, "").await;
        service.send("POST", "/sign-out", token, "").await;
    }
    service.refresh(&first).await;
    service.refresh(&fourth).await;
    service.send("POST", "/revoke", "", &format!("token={access}")).await;
    service.auth.revoke_user(&7).await.unwrap();
    let text = format!("{:?}", service.told());
    for name in ["SignedIn", "SignInRefused", "Refreshed", "RefreshRefused", "SignedOut", "Refused {"] {
        assert!(text.contains(name), "{name}: {text}");
    }
    let parts = [&access, &next, &third].map(|token| token.split('.').skip(1).map(str::to_owned).collect::<Vec<_>>());
    let secrets = parts.concat().into_iter().chain([first, second, fourth]);
    for secret in secrets.chain(["hunter2", "wonderland", "typed-password", "query", SECRET].map(str::to_owned)) {
        assert!(!text.contains(&secret), "{secret}: {text}");
    }
}

// SEE-01
#[tokio::test]
async fn a_function_that_panics_changes_no_answer() {
    let auth = settings(Auth.backend()).on_event(|_| panic!("the function")).build().unwrap();
    let app = auth.protect(Router::new().route("/me", get(|_: User| async {}))).unwrap();
    assert_eq!(call(&app, request("GET", "/me", &[])).await.status, 401);
}

#[tokio::test]
async fn fetched_keys_are_told() {
    use jwt_auth::keys::{Fetch, FetchFuture};
    use jwt_auth::{Issuer, RemoteJwks};

    struct Provider(String);
    impl Fetch for Provider {
        fn send<'f>(&'f self, request: http::Request<Vec<u8>>, _: usize) -> FetchFuture<'f> {
            let is_there = request.uri().path() == "/keys";
            Box::pin(async move {
                if is_there { Ok(http::Response::new(self.0.clone().into_bytes())) } else { Err("unreachable".into()) }
            })
        }
    }
    let keys = jwt_auth_tests::keys::signing(jwt_auth::Algorithm::ES256, "one");
    let other = Auth.backend().keys(keys.into()).issuer("https://id.test").clock(|| crate::fixture::NOW);
    let other = other.build().unwrap();
    let jwks = |path: &str| RemoteJwks::new(format!("https://id.test/{path}")).client(Provider(other.jwks()));
    for path in ["keys", "nothing"] {
        let trusted = Issuer::rfc9068("https://id.test").keys(jwks(path)).audience("https://id.test");
        let service = Service::new(|builder| builder.trust(trusted));
        let token = other.create_token(&alice()).unwrap();
        let status = service.send("GET", "/me", &token, "").await.status;
        let Event::KeysFetched { issuer, keys, took, .. } = service.told().remove(0) else { panic!() };
        assert_eq!(issuer, "https://id.test");
        assert!(took < Duration::from_secs(60));
        match path {
            "keys" => assert_eq!((status, keys), (200, Ok(1))),
            _ => assert!(status == 503 && keys.as_ref().is_err_and(|why| why.contains("unreachable")), "{keys:?}"),
        }
    }
}

// A sign-out, or a sign-in that replaces a cookie, says that the keys of the issuer are missing, not that the store failed.
#[tokio::test]
async fn keys_that_cannot_be_fetched_are_not_a_failure_of_the_store() {
    use jwt_auth::keys::{Fetch, FetchFuture};
    use jwt_auth::{Issuer, RemoteJwks};

    struct Down;
    impl Fetch for Down {
        fn send<'f>(&'f self, _: http::Request<Vec<u8>>, _: usize) -> FetchFuture<'f> {
            Box::pin(async { Err("unreachable".into()) })
        }
    }
    #[auth_backend(kind = "cookie", user = User, exclude = ["POST /sign-in", "POST /sign-out"])]
    struct Cookie;

    let keys = jwt_auth_tests::keys::signing(jwt_auth::Algorithm::ES256, "one");
    let other = Cookie.backend().keys(keys.into()).issuer("https://id.test").clock(|| crate::fixture::NOW);
    let token = other.build().unwrap().create_token(&alice()).unwrap();
    let jwks = RemoteJwks::new("https://id.test/keys").client(Down);
    let trusted = Issuer::rfc9068("https://id.test").keys(jwks).audience("https://id.test");
    let auth = settings(Cookie.backend()).trust(trusted).build().unwrap();
    let seen = Arc::<Mutex<Vec<String>>>::default();
    let (outs, ins) = (Arc::clone(&seen), Arc::clone(&seen));
    let sign_out = |session: AuthSession<Cookie>| async move {
        let logout = session.logout().await;
        let is_true = matches!(&logout, Err(LogoutError::Unchecked(_)));
        outs.lock().unwrap().push(format!("sign-out {is_true}"));
        logout
    };
    let sign_in = |session: AuthSession<Cookie>| async move {
        let login = session.login(&alice()).await;
        let is_true = matches!(&login, Err(LoginError::Unchecked(RejectionReason::IssuerUnavailable { .. })));
        ins.lock().unwrap().push(format!("sign-in {is_true}"));
        login
    };
    let router = Router::new().route("/sign-out", post(sign_out)).route("/sign-in", post(sign_in));
    let app = auth.protect(router).unwrap();
    let cookie = format!("__Host-token={token}");
    for path in ["/sign-out", "/sign-in"] {
        let own = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
        let answer = call(&app, request("POST", path, &own)).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("30")), "{path}: {answer:?}");
    }
    assert_eq!(*seen.lock().unwrap(), ["sign-out true", "sign-in true"]);
}
