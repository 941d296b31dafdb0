//! What an issued token and its cookie contain beyond the defaults.

use axum::Router;
use axum::routing::post;
use jwt_auth::{
    AuthBackend, AuthSession, Backend, JwtUser, auth_backend,
    session::{LoginBuilder, TokenOnly},
};
use jwt_auth_tests::{Answer, call};
use serde::ser::{Error, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fixture::{Bearer, ISSUER, OAuth2, User, alice, app, bearer, ready, request, settings, token};

#[auth_backend(kind = "cookie", user = User, cookie(name = "__Secure-sid", path = "/app", same_site = "strict"), exclude = ["/open"])]
struct Scoped;

#[auth_backend(kind = "cookie", user = User, cookie(name = "__Host-sid"), exclude = ["/open"])]
struct Insecure;

fn payload(token: &str) -> Value {
    jsonwebtoken::dangerous::insecure_decode::<Value>(token).unwrap().claims
}

/// The answers to a sign-in and to the sign-out after it.
async fn signed_in_and_out<A: AuthBackend<User = User>>(auth: &Backend<A>) -> [Answer; 2] {
    let sign_in = |session: AuthSession<A>| async move { session.login(&alice()).await };
    let sign_out = |session: AuthSession<A>| async move { session.logout().await };
    let app = auth.protect(Router::new().route("/open", post(sign_in).delete(sign_out))).unwrap();
    [call(&app, request("POST", "/open", &[])).await, call(&app, request("DELETE", "/open", &[])).await]
}

/// The attributes of the one cookie that is set, without those for its lifetime.
fn attributes(answer: &Answer) -> Vec<&str> {
    let cookie = answer.header("set-cookie").unwrap().split("; ").skip(1);
    cookie.filter(|part| !part.starts_with("Max-Age") && !part.starts_with("Expires")).collect()
}

// CKE-01
#[tokio::test]
async fn a_cookie_has_the_attributes_of_its_declaration() {
    let auth = ready(Scoped.backend().cookie_domain("example.test"));
    let [answer, _] = signed_in_and_out(&auth).await;
    assert!(answer.header("set-cookie").unwrap().starts_with("__Secure-sid=ey"));
    let expected = ["HttpOnly", "SameSite=Strict", "Secure", "Path=/app", "Domain=example.test"];
    assert_eq!(attributes(&answer), expected);
}

// CKE-08
#[tokio::test]
async fn logout_repeats_the_attributes_of_the_declaration() {
    let [set, removed] = signed_in_and_out(&ready(Scoped.backend().cookie_domain("example.test"))).await;
    assert!(removed.header("set-cookie").unwrap().starts_with("__Secure-sid=; "));
    assert_eq!(attributes(&removed), attributes(&set));
}

// CKE-02, B13
#[tokio::test]
async fn a_cookie_is_sent_in_the_clear_only_where_the_builder_says_so() {
    let [answer, _] = signed_in_and_out(&ready(Insecure.backend())).await;
    assert!(answer.header("set-cookie").unwrap().starts_with("__Host-sid=ey"));
    assert_eq!(attributes(&answer), ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"]);
    let [answer, _] = signed_in_and_out(&ready(Insecure.backend().insecure_cookie())).await;
    assert!(answer.header("set-cookie").unwrap().starts_with("sid=ey"));
    assert_eq!(attributes(&answer), ["HttpOnly", "SameSite=Lax", "Path=/"]);
}

type NewToken = LoginBuilder<OAuth2, TokenOnly>;

fn refused(change: impl FnOnce(NewToken) -> NewToken) -> String {
    change(ready(OAuth2.backend()).new_token(&alice())).sign().unwrap_err().to_string()
}

// No id: REFERENCE.md, `token_extras`.
#[test]
fn no_registered_claim_can_be_set_as_an_extra() {
    for name in ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope", "client_id"] {
        assert!(refused(|login| login.extra(name, "x")).contains(&format!("`{name}` is registered")), "{name}");
    }
}

// CKE-04
#[test]
fn a_cookie_that_browsers_would_drop_is_an_error_of_oauth2_too() {
    assert!(refused(|login| login.extra("big", &"x".repeat(4000))).contains("4096 bytes"));
}

struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("not today"))
    }
}

// No id: REFERENCE.md, "`login` parameters".
#[tokio::test]
async fn a_claim_that_does_not_serialize_is_an_error_that_says_so() {
    let handler = |session: AuthSession<OAuth2>| async move {
        session.login(&alice()).body(&Unwritable).await.map(drop).unwrap_err().to_string()
    };
    let app = ready(OAuth2.backend()).protect(Router::new().route("/open", post(handler))).unwrap();
    assert!(call(&app, request("POST", "/open", &[])).await.body.contains("not today"));
    assert!(refused(|login| login.extra("odd", &Unwritable)).contains("`odd` does not serialize: not today"));
}

// CLM-11
#[test]
fn an_issued_token_carries_what_rfc_9068_requires_of_every_backend() {
    let claims = payload(&token(&ready(Bearer.backend())));
    for name in ["iss", "exp", "aud", "sub", "iat", "jti"] {
        assert!(!claims[name].is_null(), "{name}");
    }
    assert_eq!((&claims["aud"], &claims["iss"]), (&ISSUER.into(), &ISSUER.into()));
}

// CLM-03
#[tokio::test]
async fn a_not_before_that_is_issued_is_accepted() {
    let auth = ready(Bearer.backend());
    let (app, _) = app(&auth);
    for seconds in [1, 0] {
        if let Ok(token) = auth.new_token(&alice()).not_before(seconds).sign() {
            let answer = call(&app, request("GET", "/me", &[("authorization", &bearer(&token))])).await;
            assert_eq!(answer.status, 200, "{seconds}");
        }
    }
}

#[derive(Clone, JwtUser)]
struct Reading {
    #[jwt_user(id)]
    id: Code,
    #[jwt_user(claim)]
    degrees: f64,
    #[jwt_user(claim)]
    limit: Option<u32>,
    #[jwt_user(claim)]
    level: Level,
}

/// An id that cannot be parsed from its own `Display` text if that text contains an `x`.
#[derive(Clone)]
struct Code(&'static str);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::str::FromStr for Code {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text.contains('x') { Err(()) } else { Ok(Self("read")) }
    }
}

/// A claim that serializes any value, but deserializes only values below ten.
#[derive(Clone, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
struct Level(u8);

impl From<Level> for u8 {
    fn from(level: Level) -> Self {
        level.0
    }
}

impl TryFrom<u8> for Level {
    type Error = &'static str;

    fn try_from(level: u8) -> Result<Self, &'static str> {
        if level < 10 { Ok(Self(level)) } else { Err("there are ten levels") }
    }
}

#[auth_backend(kind = "bearer", user = Reading)]
struct Sensor;

fn reading() -> Reading {
    Reading { id: Code("a"), degrees: 20.5, limit: None, level: Level(9) }
}

// ONE-07
#[test]
fn a_token_that_the_guard_would_refuse_is_not_issued() {
    let auth = ready(Bearer.backend());
    let error = |change: &dyn Fn(LoginBuilder<Bearer, TokenOnly>) -> LoginBuilder<Bearer, TokenOnly>| {
        change(auth.new_token(&alice())).sign().unwrap_err()
    };
    let says = |change: &dyn Fn(LoginBuilder<Bearer, TokenOnly>) -> LoginBuilder<Bearer, TokenOnly>, text: &str| {
        let error = error(change).to_string();
        assert!(error.contains(text), "{error}");
    };
    says(&|login| login.extra("big", &"x".repeat(6 << 10)), "at most 8192 are accepted; carry fewer claims");
    let nested = |levels: usize| serde_json::from_str::<Value>(&("[".repeat(levels) + &"]".repeat(levels))).unwrap();
    says(&|login| login.extra("deep", &nested(40)), "the claim `deep` nests too deep");
    says(&|login| login.extra("deep", &nested(32)), "at most 32 levels, itself included");
    assert!(auth.verified(&auth.new_token(&alice()).extra("deep", &nested(31)).sign().unwrap()).is_ok());
    for id in ["x".repeat(256), "a\0b".into(), "a\u{85}b".into(), "x".repeat(4_000)] {
        says(&|login| login.jwt_id(&id), "the claim `jti` must be 1 to 255 bytes without control characters");
    }
    says(&|login| login.extra("name", "bob"), "the claim `name` is set twice");
    says(&|login| login.extra("a", "b").extra("a", "c"), "the claim `a` is set twice");
}

// ONE-07
#[test]
fn a_token_without_a_required_claim_is_not_issued() {
    let auth = settings(Bearer.backend()).require_claims(["tenant", "scope"]).build().unwrap();
    let error = |login: LoginBuilder<Bearer, TokenOnly>| login.sign().unwrap_err().to_string();
    assert!(
        error(auth.new_token(&alice()).scopes(["read"]))
            .contains("the claim `tenant` is missing, and `require_claims`")
    );
    assert!(error(auth.new_token(&alice()).extra("tenant", "a")).contains("the claim `scope` is missing"));
    assert!(error(auth.new_token(&alice()).scopes(["read"]).extra("tenant", &())).contains("`tenant` is missing"));
    assert!(auth.verified(&auth.new_token(&alice()).scopes(["read"]).extra("tenant", "a").sign().unwrap()).is_ok());
    for name in ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "name"] {
        let auth = settings(Bearer.backend()).require_claims([name]).build().unwrap();
        assert!(auth.verified(&token(&auth)).is_ok(), "{name}");
    }
    for name in ["nbf", "sid"] {
        let auth = settings(Bearer.backend()).require_claims([name]).build().unwrap();
        assert!(auth.create_token(&alice()).is_err(), "{name}");
    }
}

// ONE-07
#[test]
fn a_user_that_does_not_read_back_is_not_issued() {
    let auth = ready(Sensor.backend());
    assert!(auth.verified(&auth.create_token(&reading()).unwrap()).is_ok());
    let error = |user: Reading| auth.create_token(&user).unwrap_err().to_string();
    for degrees in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = error(Reading { degrees, ..reading() });
        assert!(error.contains("the claim `degrees` does not read back as the type of its field"), "{error}");
    }
    assert!(error(Reading { level: Level(10), ..reading() }).contains("`level` does not read back"));
    let error = error(Reading { id: Code("ax"), ..reading() });
    assert!(error.contains("the user's id does not read back"), "{error}");
    // The name of a claim without a value is still in use.
    let error = auth.new_token(&reading()).extra("limit", "none").sign().unwrap_err().to_string();
    assert!(error.contains("the claim `limit` is set twice"), "{error}");
}
