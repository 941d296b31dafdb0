//! The cache of verified tokens never accepts a token that would be refused without it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use jwt_auth::testing::FixedClock;
use jwt_auth::{
    Algorithm, AuthBackend, AuthSession, Backend, Builder, ClaimError, JwtUser, Keys, Parts, Protected,
    RejectionReason, Token, auth_backend, rejection::TokenError, user::StatelessUser,
};
use jwt_auth_tests::keys::signing;
use jwt_auth_tests::{call, call_with};

use crate::fixture::{Bearer, ISSUER, NOW, SECRET, User, alice, bearer, request, settings};

struct Service {
    auth: Backend<Bearer>,
    app: Protected,
    clock: FixedClock,
}

fn service(keys: Keys, entries: Option<usize>) -> Service {
    let clock = FixedClock::at(NOW);
    let builder = settings(Bearer.backend()).keys(keys).clock(clock.clone());
    let builder = match entries {
        Some(entries) => builder.token_cache(entries),
        None => builder,
    };
    let auth = builder.build().unwrap();
    let logout = |session: AuthSession<Bearer>| async move { session.logout().await };
    let router = Router::new().route("/me", get(|user: User| async move { user.name })).route("/logout", post(logout));
    Service { app: auth.protect(router).unwrap(), auth, clock }
}

fn es256() -> Keys {
    signing(Algorithm::ES256, "cached").into()
}

/// Both kinds of keys, with the cache on.
fn services() -> [Service; 2] {
    [service(es256(), None), service(Keys::hs256(SECRET).unwrap(), Some(100))]
}

const OK: (u16, Option<RejectionReason>) = (200, None);

fn refused(error: TokenError) -> (u16, Option<RejectionReason>) {
    (401, Some(RejectionReason::Token(error)))
}

// CLM-03, REL-05
#[tokio::test]
async fn a_remembered_token_still_expires() {
    for Service { auth, app, clock } in services() {
        let token = auth.new_token(&alice()).expires_in(Duration::from_secs(60)).sign().unwrap();
        assert_eq!((call_with(&app, &token).await, call_with(&app, &token).await), (OK, OK));
        clock.advance(Duration::from_secs(59));
        assert_eq!(call_with(&app, &token).await, OK);
        clock.advance(Duration::from_secs(1));
        for _ in 0..2 {
            assert_eq!(call_with(&app, &token).await, refused(TokenError::Expired));
        }
        // After the clock was set back, the token was issued in the future.
        let later = auth.create_token(&alice()).unwrap();
        assert_eq!(call_with(&app, &later).await, OK);
        clock.set(NOW);
        assert_eq!(call_with(&app, &later).await, refused(TokenError::NotYetValid));
    }
}

// REV-04, REV-07
#[tokio::test]
async fn a_remembered_token_can_still_be_revoked() {
    for Service { auth, app, .. } in services() {
        let (one, other) = (auth.create_token(&alice()).unwrap(), auth.create_token(&alice()).unwrap());
        for token in [&one, &other, &one] {
            assert_eq!(call_with(&app, token).await, OK);
        }
        let header = format!("Bearer {one}");
        assert_eq!(call(&app, request("POST", "/logout", &[("authorization", &header)])).await.status, 204);
        assert_eq!(call_with(&app, &one).await, (401, Some(RejectionReason::Revoked)));
        assert_eq!(call_with(&app, &other).await, OK);
        auth.revoke_user(&7).await.unwrap();
        assert_eq!(call_with(&app, &other).await, (401, Some(RejectionReason::Revoked)));
    }
}

// KEY-09
#[tokio::test]
async fn tokens_of_a_retired_key_are_forgotten() {
    let Service { auth, app, .. } = service(es256(), None);
    let token = auth.create_token(&alice()).unwrap();
    assert_eq!(call_with(&app, &token).await, OK);
    let old = auth.key_ids().remove(0);
    auth.switch_signing_key(signing(Algorithm::ES256, "next")).unwrap();
    assert_eq!((call_with(&app, &token).await, call_with(&app, &token).await), (OK, OK), "it verifies still");
    auth.retire_key(old.as_deref()).unwrap();
    for _ in 0..2 {
        assert_eq!(
            call_with(&app, &token).await,
            refused(TokenError::UnknownKey { issuer: ISSUER.into(), kid: old.as_deref().map(Box::from) })
        );
    }
}

/// The order of the group of P-256, minus `s`.
fn negated(s: &[u8]) -> Vec<u8> {
    let order: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
        0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let mut borrow = 0_i16;
    let mut difference: Vec<u8> = order
        .iter()
        .zip(s)
        .rev()
        .map(|(n, s)| {
            let byte = i16::from(*n) - i16::from(*s) - borrow;
            borrow = i16::from(byte < 0);
            u8::try_from(byte.rem_euclid(256)).unwrap()
        })
        .collect();
    difference.reverse();
    difference
}

// REV-04: each ECDSA signature has a second valid form, and a token with that form is the same token.
#[tokio::test]
async fn a_second_valid_signature_of_a_token_is_revoked_with_it() {
    use base64::Engine;
    let base64url = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let Service { auth, app, .. } = service(es256(), None);
    let token = auth.create_token(&alice()).unwrap();
    let (input, signature) = token.rsplit_once('.').unwrap();
    let bytes = base64url.decode(signature).unwrap();
    let twin = [&bytes[..32], &negated(&bytes[32..])].concat();
    let twin = format!("{input}.{}", base64url.encode(twin));
    assert_ne!(token, twin);
    for text in [&token, &twin, &token, &twin] {
        assert_eq!(call_with(&app, text).await, OK);
    }
    auth.revoke(&auth.verified(&token).unwrap()).await.unwrap();
    for text in [&token, &twin] {
        assert_eq!(call_with(&app, text).await, (401, Some(RejectionReason::Revoked)));
    }
}

// JWS-01, JWS-06: a text that is almost a cached token is not accepted.
#[tokio::test]
async fn only_exactly_the_same_bytes_are_remembered() {
    for Service { auth, app, .. } in services() {
        let token = auth.create_token(&alice()).unwrap();
        assert_eq!(call_with(&app, &token).await, OK);
        let (head, rest) = token.split_once('.').unwrap();
        let (payload, signature) = rest.split_once('.').unwrap();
        let forged = auth.new_token(&User { id: 8, name: "eve".into() }).sign().unwrap();
        let of_eve = forged.split('.').nth(1).unwrap();
        for text in [
            format!("{head}.{of_eve}.{signature}"),
            format!("{head}..{signature}"),
            format!("{head}.{payload}.{}", &signature[..signature.len() - 1]),
            format!("{head}.{payload}A.{signature}"),
            format!("A{head}.{payload}.{signature}"),
            signature.to_owned(),
            format!(".{signature}"),
        ] {
            for _ in 0..2 {
                assert_eq!(call_with(&app, &text).await.0, 401, "{text}");
            }
        }
        assert_eq!(call_with(&app, &token).await, OK);
    }
}

// REL-05: a client with many tokens can fill the cache, which only makes requests slower.
#[tokio::test]
async fn a_flood_of_valid_tokens_refuses_nobody() {
    let Service { auth, app, .. } = service(Keys::hs256(SECRET).unwrap(), Some(8));
    let first = auth.create_token(&alice()).unwrap();
    assert_eq!(call_with(&app, &first).await, OK);
    for _ in 0..500 {
        let token = auth.create_token(&alice()).unwrap();
        assert_eq!(call_with(&app, &token).await, OK);
    }
    assert_eq!(call_with(&app, &first).await, OK);
    auth.revoke(&auth.verified(&first).unwrap()).await.unwrap();
    assert_eq!(call_with(&app, &first).await.0, 401);
}

static MADE: AtomicUsize = AtomicUsize::new(0);

/// A user with a number that counts the users made before it.
#[derive(Clone, JwtUser)]
struct Numbered {
    #[jwt_user(id)]
    id: u64,
    number: usize,
}

impl StatelessUser for Numbered {
    fn from_token(token: &Token) -> Result<Self, ClaimError> {
        let number = MADE.fetch_add(1, Ordering::SeqCst);
        Ok(Self { id: token.subject().parse().unwrap_or_default(), number })
    }
}

#[auth_backend(kind = "bearer", user = Numbered)]
struct Rebuilt;

#[auth_backend(kind = "bearer", user = Numbered, retrieve_user = look_up)]
struct LookedUp;

fn look_up(_: &LookedUp, token: &Token, _: &Parts) -> Result<Option<Numbered>, ClaimError> {
    Numbered::from_token(token).map(Some)
}

/// How many users were made for three requests with one token.
async fn made<A: AuthBackend<User = Numbered>>(builder: Builder<A>, entries: usize) -> usize {
    let auth = settings(builder).token_cache(entries).build().unwrap();
    let router = Router::new().route("/me", get(|user: Numbered| async move { user.number.to_string() }));
    let app = auth.protect(router).unwrap();
    let header = bearer(&auth.new_token(&Numbered { id: 7, number: 0 }).sign().unwrap());
    let mut numbers = Vec::new();
    for _ in 0..3 {
        numbers.push(call(&app, request("GET", "/me", &[("authorization", &header)])).await.body);
    }
    numbers.dedup();
    numbers.len()
}

// REL-05: a user made from the token alone cannot change, but the result of `retrieve_user` may.
#[tokio::test]
async fn a_user_is_remembered_if_the_token_alone_makes_it() {
    assert_eq!((made(Rebuilt.backend(), 0).await, made(Rebuilt.backend(), 10).await), (3, 1));
    assert_eq!((made(LookedUp.backend(), 0).await, made(LookedUp.backend(), 10).await), (3, 3));
}
