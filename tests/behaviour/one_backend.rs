//! A sign-in, sign-out or revocation concerns only the backend that it names, and has taken effect once its call returns.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use jwt_auth::{
    Algorithm, AuthBackend, AuthSession, Backend, Issuer, MemoryStore, Parts, Protected, RejectionReason, StoreError,
    Token, VerifyOnly, auth_backend,
};
use jwt_auth_tests::keys::{pair, verifying};
use jwt_auth_tests::{Answer, call, call_with};
use serde_json::json;
use tower::ServiceExt;

use crate::failing_service::FailsAt;
use crate::fixture::{Bearer, Hits, NOW, User, alice, bearer, request, settings, token};

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", exclude = ["/open/{*rest}"])]
struct Web;

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", exclude = ["/open/{*rest}"])]
struct Adm;

#[auth_backend(kind = "cookie", user = User, exclude = ["/open/{*rest}"])]
struct Pages;

/// One backend of each declaration, on these stores. They have different issuers but the same key.
fn backends(of_web: &Arc<MemoryStore>, of_adm: &Arc<MemoryStore>) -> (Backend<Web>, Backend<Adm>) {
    let web = settings(Web.backend()).issuer("https://web.test").store(Arc::clone(of_web));
    let adm = settings(Adm.backend()).issuer("https://adm.test").store(Arc::clone(of_adm));
    (web.build().unwrap(), adm.build().unwrap())
}

/// Both backends, once on separate stores and once on one shared store.
fn own_and_shared() -> [(Backend<Web>, Backend<Adm>); 2] {
    let store = || Arc::new(MemoryStore::new());
    let shared = store();
    [backends(&store(), &store()), backends(&shared, &shared)]
}

async fn are_valid(web: (&Backend<Web>, &str), adm: (&Backend<Adm>, &str)) -> (bool, bool) {
    (web.0.verify(web.1).await.is_ok(), adm.0.verify(adm.1).await.is_ok())
}

// ONE-03
#[tokio::test]
async fn under_the_guard_of_another_backend_a_handler_gets_no_backend() {
    for (web, adm) in own_and_shared() {
        let sign_out = |session: AuthSession<Web>| async move { session.logout().await };
        let sign_in = |session: AuthSession<Web>| async move { session.login(&alice()).await };
        let revoke = |web: Backend<Web>, token: Token| async move { web.revoke(&token).await };
        let both = |session: AuthSession<Adm>, _: AuthSession<Web>| async move { session.logout().await };
        let effects = Router::new()
            .route("/sign-out", post(sign_out))
            .route("/sign-in", post(sign_in))
            .route("/revoke", post(revoke))
            .route("/both", post(both));
        let app = adm.protect(Router::new().merge(effects.clone()).nest("/open", effects)).unwrap();
        let (of_web, of_adm) = (token(&web), token(&adm));
        for path in ["/sign-out", "/sign-in", "/revoke", "/both"] {
            for path in [path.to_owned(), format!("/open{path}")] {
                for headers in [
                    vec![("authorization", bearer(&of_adm))],
                    vec![("authorization", bearer(&of_adm)), ("cookie", format!("__Host-token={of_web}"))],
                ] {
                    let headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
                    let headers: Vec<_> = headers.chain([("sec-fetch-site", "same-origin")]).collect();
                    let answer = call(&app, request("POST", &path, &headers)).await;
                    assert_eq!((answer.status, answer.header("set-cookie")), (500, None), "{path}");
                    assert_eq!(are_valid((&web, &of_web), (&adm, &of_adm)).await, (true, true), "{path}");
                }
            }
        }
    }
}

// ONE-03
#[tokio::test]
async fn a_backend_revokes_no_token_of_an_issuer_that_it_does_not_trust() {
    async fn revoke(State(web): State<Backend<Web>>, token: Token) -> Result<(), StoreError> {
        web.revoke(&token).await
    }
    for (web, adm) in own_and_shared() {
        let (of_web, of_adm) = (token(&web), token(&adm));
        let router = Router::new().route("/revoke", post(revoke)).with_state(web.clone());
        let app = adm.protect(router).unwrap();
        let answer = call(&app, request("POST", "/revoke", &[("authorization", &bearer(&of_adm))])).await;
        assert_eq!(answer.status, 503);
        let error = web.revoke(&adm.verified(&of_adm).unwrap()).await.unwrap_err().to_string();
        assert!(error.contains("does not trust") && error.contains("the backend that accepted it"), "{error}");
        assert_eq!(are_valid((&web, &of_web), (&adm, &of_adm)).await, (true, true));
        web.revoke(&web.verified(&of_web).unwrap()).await.unwrap();
        assert_eq!(are_valid((&web, &of_web), (&adm, &of_adm)).await, (false, true));
    }
}

/// Signs in and out, on guarded and open routes.
fn app_of<A: AuthBackend<User = User>>(auth: &Backend<A>) -> Protected {
    let effects = Router::new()
        .route("/sign-in", post(|session: AuthSession<A>| async move { session.login(&alice()).await }))
        .route("/sign-out", post(|session: AuthSession<A>| async move { session.logout().await }));
    auth.protect(Router::new().merge(effects.clone()).nest("/open", effects)).unwrap()
}

async fn from_own_page(app: &Protected, path: &str, headers: &[(&str, &str)]) -> Answer {
    let headers: Vec<_> = headers.iter().copied().chain([("sec-fetch-site", "same-origin")]).collect();
    call(app, request("POST", path, &headers)).await
}

// ONE-03: the cookies of both backends have the same name.
#[tokio::test]
async fn a_handle_ends_no_session_of_another_backend() {
    for (web, adm) in own_and_shared() {
        let app = app_of(&adm);
        for (path, status) in [("/sign-out", 204), ("/open/sign-out", 204), ("/sign-in", 200), ("/open/sign-in", 200)] {
            let (of_web, of_adm) = (token(&web), token(&adm));
            let (cookie, header) = (format!("__Host-token={of_web}"), bearer(&of_adm));
            let headers = [("cookie", cookie.as_str()), ("authorization", header.as_str())];
            assert_eq!(from_own_page(&app, path, &headers).await.status, status, "{path}");
            let goes_on = path.ends_with("sign-in");
            assert_eq!(are_valid((&web, &of_web), (&adm, &of_adm)).await, (true, goes_on), "{path}");
        }
    }
}

// ONE-03
#[tokio::test]
async fn a_sign_out_ends_the_session_of_the_header_and_that_of_the_cookie() {
    let (web, _) = &own_and_shared()[0];
    let app = app_of(web);
    for path in ["/sign-out", "/open/sign-out"] {
        let tokens = [(); 3].map(|()| token(web));
        let (header, cookie) = (bearer(&tokens[0]), format!("__Host-token={}", tokens[1]));
        let answer = from_own_page(&app, path, &[("authorization", &header), ("cookie", &cookie)]).await;
        assert_eq!(answer.status, 204, "{path}");
        let is_valid = async |token: &str| web.verify(token).await.is_ok();
        let valid = [is_valid(&tokens[0]).await, is_valid(&tokens[1]).await, is_valid(&tokens[2]).await];
        assert_eq!(valid, [false, false, true], "{path}");
    }
}

// ONE-04: a page of another site may end the session of a token that it sends in a header, but not the browser's session.
#[tokio::test]
async fn a_page_of_another_site_cannot_end_a_cookie_session() {
    let (web, _) = &own_and_shared()[0];
    let app = app_of(web);
    let (in_header, in_cookie) = (token(web), token(web));
    let (header, cookie) = (bearer(&in_header), format!("__Host-token={in_cookie}"));
    let from = async |headers: &[(&str, &str)]| {
        let headers: Vec<_> = headers.iter().copied().chain([("sec-fetch-site", "cross-site")]).collect();
        let answer = call(&app, request("POST", "/open/sign-out", &headers)).await;
        (answer.status, answer.header("set-cookie").is_some())
    };
    assert_eq!(from(&[("cookie", &cookie)]).await, (403, false));
    assert_eq!(
        from(&[("cookie", &cookie), ("cookie", &cookie)]).await,
        (403, false),
        "a doubled cookie is one of ours"
    );
    assert_eq!(from(&[("cookie", &cookie), ("authorization", &header)]).await, (204, false));
    assert_eq!((web.verify(&in_cookie).await.is_ok(), web.verify(&in_header).await.is_ok()), (true, false));
    // Without a header from a browser, one cookie still proves nothing, and neither do two.
    for headers in [vec![("cookie", cookie.as_str())], vec![("cookie", &cookie), ("cookie", &cookie)]] {
        let answer = call(&app, request("POST", "/open/sign-out", &headers)).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (403, None));
    }
    assert!(web.verify(&in_cookie).await.is_ok());
}

// ONE-04, CKE-07
#[tokio::test]
async fn a_page_of_another_site_cannot_sign_in_however_the_handler_got_its_backend() {
    let auth = settings(Pages.backend()).allowed_origin("https://app.test").build().unwrap();
    let captured = auth.clone();
    // Each handler also needs its backend for something other than the sign-in.
    let hits = Hits::default();
    let sign_in = {
        let hits = hits.clone();
        move |auth: Backend<Pages>, session: AuthSession<Pages>| async move {
            hits.hit();
            assert!(std::ptr::eq(auth.config(), session.config()));
            session.login(&alice()).await
        }
    };
    let [by_state, by_extension, by_capture] = [(); 3].map(|()| sign_in.clone());
    let router = Router::new()
        .route("/open/extractor", post(sign_in))
        .route("/open/state", post(move |State(auth), session| by_state(auth, session)))
        .route("/open/extension", post(move |Extension(auth), session| by_extension(auth, session)))
        .route("/open/capture", post(move |session| by_capture(captured.clone(), session)))
        .layer(Extension(auth.clone()))
        .with_state(auth.clone());
    let app = auth.protect(router).unwrap();
    let victims = token(&auth);
    let cookie = format!("__Host-token={victims}");
    for path in ["/open/extractor", "/open/state", "/open/extension", "/open/capture"] {
        for site in ["cross-site", "same-site"] {
            let answer = call(&app, request("POST", path, &[("cookie", &cookie), ("sec-fetch-site", site)])).await;
            assert_eq!((answer.status, answer.header("set-cookie")), (403, None), "{path} {site}");
            assert!(auth.verify(&victims).await.is_ok(), "{path} {site}");
        }
    }
    assert_eq!(hits.count(), 0, "no handler has looked at a password or made an account");
    for path in ["/open/extractor", "/open/state", "/open/extension", "/open/capture"] {
        let own = format!("__Host-token={}", token(&auth));
        let allowed = [("cookie", own.as_str()), ("origin", "https://app.test"), ("sec-fetch-site", "same-site")];
        let answer = call(&app, request("POST", path, &allowed)).await;
        assert_eq!((answer.status, answer.header("set-cookie").is_some()), (200, true), "{path}");
    }
}

/// Keeps the status, the headers and the body of the response, but drops its extensions.
async fn rebuild(request: Request, next: Next) -> Response {
    let (head, body) = next.run(request).await.into_parts();
    let mut rebuilt = Response::new(body);
    *rebuilt.status_mut() = head.status;
    *rebuilt.headers_mut() = head.headers;
    rebuilt
}

// ONE-05: with a store in this process, and with an external store and cached answers.
#[tokio::test]
async fn a_sign_out_has_taken_effect_when_its_call_returns() {
    let store = Arc::new(MemoryStore::new());
    let here = settings(Bearer.backend()).store(Arc::clone(&store)).build().unwrap();
    let elsewhere = settings(Bearer.backend()).store(FailsAt::call(0, &store).store);
    let elsewhere = elsewhere.revocation_staleness(Duration::from_secs(10)).build().unwrap();
    for auth in [here, elsewhere] {
        let sign_out = |session: AuthSession<Bearer>, parts: Parts| async move {
            let logout = session.logout().await;
            let token = parts.headers["authorization"].to_str().unwrap().strip_prefix("Bearer ").unwrap().to_owned();
            let refused = session.backend().verify(&token).await.map(drop).unwrap_err();
            assert_eq!(refused.reason(), &RejectionReason::Revoked);
            logout
        };
        let router = Router::new()
            .route("/me", get(|_: User| async {}))
            .route("/sign-out", post(sign_out))
            .layer(from_fn(rebuild));
        let app = auth.protect(router).unwrap();
        let token = token(&auth);
        assert_eq!(call_with(&app, &token).await.0, 200);
        let answer = app.clone().oneshot(request("POST", "/sign-out", &[("authorization", &bearer(&token))])).await;
        assert_eq!(answer.unwrap().status(), 204);
        assert_eq!(call_with(&app, &token).await, (401, Some(RejectionReason::Revoked)));
    }
}

/// A token of a session, signed with the key of this name.
fn foreign_token(issuer: &str, key: &'static str, session: &str) -> String {
    let key = jsonwebtoken::EncodingKey::from_ec_der(&pair(Algorithm::ES256, key).private);
    let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256);
    header.typ = Some("at+jwt".into());
    let claims = json!({
        "iss": issuer, "sub": "7", "aud": "api", "exp": NOW + 600, "iat": NOW, "jti": format!("{issuer} {session}"),
        "client_id": "pages", "sid": session, "name": "alice",
    });
    jsonwebtoken::encode(&header, &claims, &key).unwrap()
}

// ONE-03
#[tokio::test]
async fn sessions_of_two_issuers_are_never_confused() {
    const A: &str = "https://a.test";
    const B: &str = "https://b.test";
    let builder = Bearer.backend().verify_only();
    let builder = builder
        .trust(Issuer::rfc9068(A).keys(verifying(Algorithm::ES256, "a")).audience("api"))
        .trust(Issuer::rfc9068(B).keys(verifying(Algorithm::ES256, "b")).audience("api"));
    let auth = builder.clock(|| NOW).store(MemoryStore::new()).build().unwrap();
    let sign_out = |session: AuthSession<Bearer, VerifyOnly>| async move { session.logout().await };
    let router = Router::new().route("/me", get(|_: User| async {})).route("/sign-out", post(sign_out));
    let app = auth.protect(router).unwrap();
    let (of_a, of_b) = (foreign_token(A, "a", "session"), foreign_token(B, "b", "session"));
    for token in [&of_a, &of_b] {
        assert_eq!(call_with(&app, token).await, (200, None));
    }
    let answer = call(&app, request("POST", "/sign-out", &[("authorization", &bearer(&of_b))])).await;
    assert_eq!(answer.status, 204);
    assert_eq!(call_with(&app, &of_b).await.0, 401);
    assert_eq!(call_with(&app, &of_a).await.0, 200, "another issuer's session goes on");
}
