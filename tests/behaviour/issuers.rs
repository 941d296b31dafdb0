//! The tokens of other issuers, each on its own terms: what the default accepts, what a setting changes, tenants, issuers that come
//! and go, and a backend that issues tokens and trusts another issuer too.

use std::sync::{Arc, Mutex};

use axum::routing::{get, post};
use axum::{Json, Router};
use jwt_auth::{
    Algorithm, AuthSession, Issuer, Keys, MemoryStore, Protected, RemoteJwks, Token, VerifyOnly, auth_backend,
};
use jwt_auth_tests::keys::{sign, verifying};
use jwt_auth_tests::{call, serve};
use serde_json::{Value, json};

use crate::fixture::{ISSUER, SECRET, bearer, request};
use crate::providers::recorded::{Caller, NOW, Shop, app, me, merged, orders, public_key, routes};

const ID: &str = "https://id.test";

/// A generic issuer.
fn issuer(name: &str) -> Issuer {
    Issuer::new(name).keys(verifying(Algorithm::ES256, "one")).audience("api")
}

/// A token with little more than a user, and with these changes. `null` is written as `null`.
fn token(change: Value) -> String {
    token_of(&json!({ "alg": "ES256" }), change)
}

fn token_of(header: &Value, change: Value) -> String {
    let mut claims = json!({ "iss": ID, "aud": "api", "sub": "ann", "exp": NOW + 600 });
    if let Value::Object(change) = change {
        claims.as_object_mut().unwrap().extend(change);
    }
    sign(Algorithm::ES256, "one", header, &claims)
}

/// The same without a claim.
fn token_without(name: &str, change: &Value) -> String {
    let claims = json!({ "iss": ID, "aud": "api", "sub": "ann", "exp": NOW + 600, name: null });
    sign(Algorithm::ES256, "one", &json!({ "alg": "ES256" }), &merged(&merged(&json!({}), &claims), change))
}

async fn status(app: &Protected, method: &str, path: &str, token: &str) -> u16 {
    call(app, request(method, path, &[("authorization", &bearer(token))])).await.status
}

// ISS-02, ISS-04; FIELD-REPORTS A1 (no `jti`), A2 (no `typ`), A3 (a list of scopes), A10 (times with fractions)
#[tokio::test]
async fn the_default_accepts_what_rfc_7519_allows() {
    let (lax, strict) =
        (app([issuer(ID)]), app([Issuer::rfc9068(ID).keys(verifying(Algorithm::ES256, "one")).audience("api")]));
    let cases = [
        ("no jti, no iat, no typ", token(json!({}))),
        ("typ JWT", token_of(&json!({ "alg": "ES256", "typ": "JWT" }), json!({}))),
        ("fractions", token(json!({ "exp": NOW as f64 + 600.5, "iat": NOW as f64 - 0.25, "nbf": NOW as f64 - 1.75 }))),
        ("an exponent", token(json!({ "exp": 1.7900006e9 }))),
        ("scopes as a list", token(json!({ "scope": ["read", "orders:read"] }))),
        ("an empty scope", token(json!({ "scope": "" }))),
        (
            "null",
            token(json!({ "jti": null, "iat": null, "nbf": null, "scope": null, "client_id": null, "sid": null })),
        ),
    ];
    for (what, token) in cases {
        let answer = me(&lax, &token).await.unwrap_or_else(|reason| panic!("{what}: {reason}"));
        assert_eq!(answer["id"], "ann", "{what}");
        assert!(me(&strict, &token).await.is_err(), "{what}");
    }
    // A fraction of a second does not keep an expired token alive, and a wrong type is no absence.
    for change in
        [json!({ "exp": NOW as f64 - 0.5 }), json!({ "exp": null }), json!({ "jti": 7 }), json!({ "iat": "now" })]
    {
        assert!(me(&lax, &token(change.clone())).await.is_err(), "{change}");
    }
}

// ISS-03; FIELD-REPORTS A3, A4
#[tokio::test]
async fn scopes_come_from_the_claims_that_the_issuer_names() {
    let by_default = app([issuer(ID)]);
    let named = app([issuer(ID).scope_claim("permissions").scope_claim(["realm_access", "roles"])]);
    for change in [
        json!({ "scope": "read orders:read" }),
        json!({ "scope": ["read", "orders:read"] }),
        json!({ "scp": "orders:read" }),
        json!({ "scp": ["orders:read"] }),
    ] {
        for app in [&by_default, &named] {
            assert_eq!(orders(app, &token(change.clone())).await, 200, "{change}");
        }
    }
    for change in [json!({ "permissions": ["orders:read"] }), json!({ "realm_access": { "roles": ["orders:read"] } })] {
        assert_eq!(orders(&by_default, &token(change.clone())).await, 403, "{change}");
        assert_eq!(orders(&named, &token(change.clone())).await, 200, "{change}");
    }
    for change in
        [json!({ "scope": "" }), json!({ "scope": 7 }), json!({ "permissions": "" }), json!({ "scp": [7, null] })]
    {
        assert_eq!(orders(&named, &token(change.clone())).await, 403, "{change}");
        assert_eq!(me(&named, &token(change)).await.unwrap()["scopes"], json!([]));
    }
}

// FIELD-REPORTS A6
#[tokio::test]
async fn another_claim_can_name_the_user() {
    let machine = token_without("sub", &json!({ "client_id": "batch" }));
    assert!(me(&app([issuer(ID)]), &machine).await.unwrap_err().contains("`sub`"));
    let named = app([issuer(ID).subject_claims(["sub", "client_id"])]);
    assert_eq!(me(&named, &machine).await.unwrap()["id"], "batch");
    assert_eq!(me(&named, &token(json!({ "client_id": "batch" }))).await.unwrap()["id"], "ann");
}

// FIELD-REPORTS A7
#[tokio::test]
async fn another_claim_can_name_the_audience() {
    let cognito =
        |client: &str, token_use: &str| token_without("aud", &json!({ "client_id": client, "token_use": token_use }));
    assert!(me(&app([issuer(ID)]), &cognito("api", "access")).await.unwrap_err().contains("`audience_claim`"));
    let named = app([issuer(ID).audience_claim("client_id").require_value("token_use", ["access"])]);
    assert!(me(&named, &cognito("api", "access")).await.is_ok());
    assert!(me(&named, &cognito("other", "access")).await.unwrap_err().contains("audience"));
    assert!(me(&named, &cognito("api", "id")).await.unwrap_err().contains("`token_use`"));
}

// ISS-05, FIELD-REPORTS A23
#[tokio::test]
async fn id_tokens_are_refused_unless_they_are_asked_for() {
    let (by_default, signing_in) = (app([issuer(ID)]), app([issuer(ID).accept_id_tokens()]));
    for change in [
        json!({ "typ": "ID", "nonce": "n", "at_hash": "h" }),
        json!({ "nonce": "n" }),
        json!({ "at_hash": "h" }),
        json!({ "c_hash": "h" }),
        json!({ "typ": "ID" }),
        json!({ "token_use": "id" }),
    ] {
        let id_token = token_of(&json!({ "alg": "ES256", "typ": "JWT" }), change.clone());
        assert!(me(&by_default, &id_token).await.is_err(), "{change}");
        assert!(me(&signing_in, &id_token).await.is_ok(), "{change}");
    }
    for app in [&by_default, &signing_in] {
        assert!(me(app, &token(json!({ "cnf": { "jkt": "j" } }))).await.unwrap_err().contains("`cnf`"));
    }
}

// ISS-01, FIELD-REPORTS A24
#[tokio::test]
async fn a_relaxation_of_one_issuer_is_none_of_another() {
    const LAX: &str = "https://lax.test";
    let lax = Issuer::new(LAX).keys(verifying(Algorithm::ES256, "two")).any_audience().accept_id_tokens();
    let of_lax = |change: Value| {
        let claims = json!({ "iss": LAX, "sub": "ann", "exp": NOW + 600 });
        sign(Algorithm::ES256, "two", &json!({ "alg": "ES256" }), &merged(&claims, &change))
    };
    for both in [app([issuer(ID), lax.clone()]), app([lax, issuer(ID)])] {
        for change in [json!({}), json!({ "aud": "elsewhere" }), json!({ "nonce": "n" })] {
            assert!(me(&both, &of_lax(change.clone())).await.is_ok(), "{change}");
        }
        assert!(me(&both, &token(json!({}))).await.is_ok());
        assert!(me(&both, &token(json!({ "aud": "elsewhere" }))).await.unwrap_err().contains("another audience"));
        assert!(me(&both, &token(json!({ "nonce": "n" }))).await.unwrap_err().contains("`nonce`"));
        // The keys of the one sign nothing for the other.
        assert!(me(&both, &token(json!({ "iss": LAX }))).await.is_err());
        assert!(me(&both, &of_lax(json!({ "iss": ID, "aud": "api" }))).await.is_err());
    }
}

// ISS-06, FIELD-REPORTS A13
#[tokio::test]
async fn the_keys_of_a_tenant_are_asked_for_only_if_it_is_allowed() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let served = {
        let asked = Arc::clone(&asked);
        let set = json!({ "keys": [merged(&public_key(Algorithm::ES256), &json!({ "alg": "ES256" }))] });
        move |uri: http::Uri, headers: http::HeaderMap| async move {
            asked.lock().unwrap().push(uri.path().to_owned());
            let base = format!("http://{}", headers["host"].to_str().unwrap());
            Json(match uri.path().strip_suffix("/.well-known/openid-configuration") {
                Some(realm) => json!({ "issuer": format!("{base}{realm}"), "jwks_uri": format!("{base}{realm}/keys") }),
                None => set,
            })
        }
    };
    let base = format!("http://{}", serve(Router::new().fallback(get(served))).await);
    let allowed = Arc::new(Mutex::new(vec!["shop".to_owned()]));
    let check = {
        let allowed = Arc::clone(&allowed);
        move |tenant: &str| allowed.lock().unwrap().iter().any(|one| one == tenant)
    };
    let keys = RemoteJwks::discover().allow_http_on_loopback();
    let template = Issuer::template(format!("{base}/realms/{{tenant}}"), check).audience("api").keys(keys);
    let app = app([template]);
    let of = |tenant: &str| {
        let claims = json!({ "iss": format!("{base}/realms/{tenant}"), "aud": "api", "sub": "ann", "exp": NOW + 600 });
        sign(Algorithm::ES256, "recorded", &json!({ "alg": "ES256" }), &claims)
    };
    assert_eq!(me(&app, &of("shop")).await.unwrap()["issuer"], format!("{base}/realms/shop"));
    let fetched = || asked.lock().unwrap().clone();
    assert_eq!(fetched(), ["/realms/shop/.well-known/openid-configuration", "/realms/shop/keys"]);
    for tenant in ["bakery", "shop/extra", "..", "", "shop?x", "SHOP"] {
        assert!(me(&app, &of(tenant)).await.unwrap_err().contains("another issuer"), "{tenant:?}");
    }
    assert_eq!(fetched().len(), 2, "{:?}", fetched());
    // A tenant that comes while the service runs, and one that goes.
    *allowed.lock().unwrap() = vec!["bakery".to_owned()];
    assert!(me(&app, &of("bakery")).await.is_ok());
    assert!(me(&app, &of("shop")).await.unwrap_err().contains("another issuer"));
    assert_eq!(fetched().len(), 4);
}

// ISS-07, FIELD-REPORTS A13
#[tokio::test]
async fn issuers_come_and_go_while_the_service_runs() {
    const NEW: &str = "https://new.test";
    let auth = Shop.backend().verify_only().clock(|| NOW).trust(issuer(ID)).build().unwrap();
    let app = auth.protect(routes()).unwrap();
    let new = token(json!({ "iss": NEW }));
    assert!(me(&app, &new).await.unwrap_err().contains("another issuer"));
    auth.add_issuer(issuer(NEW)).unwrap();
    // The second request is answered from the cache.
    for _ in 0..2 {
        assert_eq!(me(&app, &new).await.unwrap()["issuer"], NEW);
    }
    let twice = auth.add_issuer(issuer(NEW)).unwrap_err().to_string();
    assert!(twice.contains("it is trusted already; remove it first"), "{twice}");
    let wrong = auth.add_issuer(Issuer::new("https://c.test").keys(verifying(Algorithm::ES256, "one"))).unwrap_err();
    assert!(wrong.to_string().contains("`audience` is missing"), "{wrong}");
    assert!(auth.remove_issuer(NEW));
    assert!(me(&app, &new).await.unwrap_err().contains("another issuer"), "a cached token is refused too");
    assert!(me(&app, &token(json!({}))).await.is_ok(), "the other issuer stays");
    assert!(!auth.remove_issuer(NEW));
    // Another time with another policy: nothing is left of the first.
    auth.add_issuer(issuer(NEW).require_claim("client_id")).unwrap();
    assert!(me(&app, &new).await.unwrap_err().contains("`client_id`"));
}

#[auth_backend(kind = "bearer", user = Caller, scopes("orders:read" = "Read orders"), exclude = ["/sign-in"])]
struct Both;

// ISS-08, FIELD-REPORTS A25
#[tokio::test]
async fn a_backend_that_issues_tokens_trusts_another_issuer_too() {
    let keys = || Keys::hs256(SECRET).unwrap();
    let settings = || Both.backend().keys(keys()).issuer(ISSUER).clock(|| NOW);
    let again = settings().trust(issuer(ISSUER)).build().map(drop).unwrap_err().to_string();
    assert!(again.contains("is the backend itself, which trusts its own tokens"), "{again}");

    let auth = settings().store(MemoryStore::new()).trust(issuer(ID)).build().unwrap();
    let again = auth.add_issuer(issuer(ISSUER)).unwrap_err().to_string();
    assert!(again.contains("trusted already"), "{again}");
    let sign_in = async |session: AuthSession<Both>| session.login(&Caller { id: "ann".into() }).await;
    let me = async |user: Caller, token: Token| format!("{} of {}", user.id, token.issuer());
    let sign_out = async |session: AuthSession<Both>| session.logout().await;
    let router = Router::new().route("/me", get(me)).route("/sign-in", post(sign_in));
    let app = auth.protect(router.route("/sign-out", post(sign_out))).unwrap();
    let signed_in = call(&app, request("POST", "/sign-in", &[])).await;
    let own = signed_in.header("authorization").unwrap().trim_start_matches("Bearer ").to_owned();
    let theirs = token(json!({ "jti": "1" }));
    let names = async |token: &str| {
        let answer = call(&app, request("GET", "/me", &[("authorization", &bearer(token))])).await;
        (answer.status, answer.body)
    };
    assert_eq!(names(&own).await, (200, format!("ann of {ISSUER}")));
    assert_eq!(names(&theirs).await, (200, format!("ann of {ID}")));
    assert_eq!(status(&app, "GET", "/me", &token(json!({ "iss": ISSUER }))).await, 401, "not with their key");
    assert_eq!(status(&app, "GET", "/me", &token(json!({ "aud": ISSUER }))).await, 401, "not with our audience");
    // What concerns our user concerns no user of the other issuer, and the reverse.
    auth.revoke_user(&"ann".to_owned()).await.unwrap();
    assert_eq!((names(&own).await.0, names(&theirs).await.0), (401, 200));
    assert_eq!(status(&app, "POST", "/sign-out", &theirs).await, 204);
    assert_eq!(names(&theirs).await.0, 401);
    assert!(auth.remove_issuer(ID) && !auth.remove_issuer(ISSUER));
}

/// A route that signs out, and says why if it cannot.
fn with_sign_out(auth: &jwt_auth::Backend<Shop, VerifyOnly>) -> Protected {
    let sign_out = async |session: AuthSession<Shop, VerifyOnly>| match session.logout().await {
        Ok(_) => "signed out".to_owned(),
        Err(error) => error.to_string(),
    };
    auth.protect(routes().route("/sign-out", post(sign_out))).unwrap()
}

// ISS-02, FIELD-REPORTS A1: a token without `jti` and `sid` cannot be ended alone, and nobody is told otherwise.
#[tokio::test]
async fn a_sign_out_without_jti_and_sid_says_so() {
    let auth = Shop.backend().verify_only().clock(|| NOW).store(MemoryStore::new()).trust(issuer(ID)).build().unwrap();
    let app = with_sign_out(&auth);
    let out = async |token: &str| {
        let answer = call(&app, request("POST", "/sign-out", &[("authorization", &bearer(token))])).await;
        (answer.status, answer.body)
    };
    let (unnamed, other) = (token(json!({ "iat": NOW - 60 })), token(json!({ "sub": "bob", "iat": NOW - 60 })));
    let (status, text) = out(&unnamed).await;
    assert!(status == 200 && text.contains("neither `jti` nor `sid`"), "{status} {text}");
    assert!(me(&app, &unnamed).await.is_ok(), "it is not signed out");
    for named in [json!({ "jti": "1" }), json!({ "sid": "2" })] {
        assert_eq!(out(&token(named.clone())).await.1, "signed out", "{named}");
        assert_eq!(self::status(&app, "GET", "/me", &token(named)).await, 401);
    }
    // All tokens of the user can be ended, of this issuer and of this user only.
    let verified = auth.verify(&unnamed).await.unwrap();
    auth.revoke_user_of(&verified.token).await.unwrap();
    assert_eq!(self::status(&app, "GET", "/me", &unnamed).await, 401);
    assert_eq!(self::status(&app, "GET", "/me", &token(json!({}))).await, 401, "one without `iat` counts as earlier");
    assert_eq!(self::status(&app, "GET", "/me", &other).await, 200);
}
