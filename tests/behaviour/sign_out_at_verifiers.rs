//! Sign-outs at a backend that only verifies, on the store of the issuing backend and on a store of its own.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use jwt_auth::testing::FixedClock;
use jwt_auth::{
    Algorithm, AuthSession, Keys, MemoryStore, Parts, Protected, RefreshTokens, VerifyOnly, auth_backend,
    keys::SigningKey, store::Store,
};
use jwt_auth_tests::keys::{pair, signing, verifying};
use jwt_auth_tests::{Answer, call};
use serde_json::json;

use crate::fixture::{Bearer, ISSUER, NOW, User, alice, bearer, request, settings};
use jwt_auth_tests::around::{Around, go_on};

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", authenticate = anyone)]
struct Issuer;

fn anyone(_: &Issuer, _: &str, _: &str, _: &Parts) -> Option<User> {
    Some(alice())
}

/// A resource server at which users sign out.
fn resource_server(store: impl Store, clock: &FixedClock) -> Protected {
    let builder = Bearer
        .backend()
        .verify_only()
        .trust(jwt_auth::Issuer::rfc9068(ISSUER).keys(verifying(Algorithm::ES256, "a")).audience(ISSUER));
    let auth = builder.clock(clock.clone()).store(store).build().unwrap();
    let sign_out = |session: AuthSession<Bearer, VerifyOnly>| async move { session.logout().await };
    auth.protect(Router::new().route("/sign-out", post(sign_out))).unwrap()
}

async fn sign_in(app: &Protected) -> Answer {
    let mut request = request("POST", "/token", &[("content-type", "application/x-www-form-urlencoded")]);
    *request.body_mut() = "grant_type=password&username=alice&password=x".into();
    call(app, request).await
}

async fn sign_out(app: &Protected, token: &str) -> u16 {
    call(app, request("POST", "/sign-out", &[("authorization", &bearer(token))])).await.status
}

// STO-03, STO-04: somebody who signs in and out twice a day.
#[tokio::test]
async fn sign_outs_at_a_resource_server_do_not_prevent_sign_ins() {
    let (store, clock) = (Arc::new(MemoryStore::new()), FixedClock::at(NOW));
    let key: SigningKey = signing(Algorithm::ES256, "a");
    let issuer = settings(Issuer.backend()).keys(Keys::from(key)).clock(clock.clone()).store(Arc::clone(&store));
    let issuer = issuer.refresh_tokens(RefreshTokens::new()).build().unwrap().protect(Router::new()).unwrap();
    let resource_server = resource_server(store, &clock);
    for n in 0..600 {
        let answer = sign_in(&issuer).await;
        assert_eq!(answer.status, 200, "after {n} sign-outs in {} days: {answer:?}", n / 2);
        let access = answer.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(sign_out(&resource_server, &access).await, 204);
        assert_eq!(sign_out(&resource_server, &access).await, 401);
        clock.advance(Duration::from_secs(12 * 60 * 60));
    }
}

// STO-04: "The record of one account is bounded: by default 100 sessions, 512 sessions with the ended ones, and 64 revoked
// tokens".
#[tokio::test]
async fn the_record_of_signed_out_sessions_of_another_issuer_is_bounded() {
    let (store, clock) = (Around::before(&Arc::default(), |_| go_on()), FixedClock::at(NOW));
    let app = resource_server(store.clone(), &clock);
    let key = jsonwebtoken::EncodingKey::from_ec_der(&pair(Algorithm::ES256, "a").private);
    let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256);
    header.typ = Some("at+jwt".into());
    for n in 0..600 {
        let claims = json!({
            "iss": ISSUER, "sub": "7", "aud": ISSUER, "exp": NOW + 600, "iat": NOW, "jti": format!("token {n}"),
            "client_id": "pages", "sid": format!("session {n}"), "name": "alice",
        });
        let token = jsonwebtoken::encode(&header, &claims, &key).unwrap();
        assert_eq!(sign_out(&app, &token).await, 204);
        assert_eq!(sign_out(&app, &token).await, 401);
    }
    let document = store.documents().await.pop().flatten().unwrap();
    let bytes = document.summary.as_bytes().len();
    assert!(bytes <= 512 * 25 + 64 * 24 + 17, "the summary that every request reads has {bytes} bytes");
}
