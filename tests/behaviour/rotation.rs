//! Keys that are rotated while requests come in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use aws_lc_rs::hmac;
use axum::Router;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_auth::{
    Algorithm, Backend, Issuer, Keys, Protected, VerifyOnly,
    keys::{KeyError, SigningKey, VerifyingKey},
};
use jwt_auth_tests::call;

use crate::fixture::{Bearer, ISSUER, NOW, SECRET, User, alice, bearer, request};
use jwt_auth_tests::keys::{pem, signing, verifying};

fn backend(name: &'static str, algorithm: Algorithm) -> Backend<Bearer> {
    Bearer.backend().keys(signing(algorithm, name).into()).issuer(ISSUER).clock(|| NOW).build().unwrap()
}

fn app<M: jwt_auth::config::Mode>(auth: &Backend<Bearer, M>) -> Protected {
    auth.protect(Router::new().route("/me", get(|_: User| async {}))).unwrap()
}

async fn status(app: &Protected, token: &str) -> u16 {
    call(app, request("GET", "/me", &[("authorization", &bearer(token))])).await.status
}

// KEY-09: at least 20 requests between two steps.
#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_under_load_refuses_no_token_that_is_good() {
    for algorithm in [Algorithm::ES256, Algorithm::HS256, Algorithm::RS256] {
        let auth = backend("old", algorithm);
        let app = app(&auth);
        let (stop, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let load = {
            let (auth, app, stop, sent) = (auth.clone(), app.clone(), Arc::clone(&stop), Arc::clone(&sent));
            tokio::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    // Signed by the current signing key.
                    let token = auth.create_token(&alice()).unwrap();
                    assert_eq!(status(&app, &token).await, 200);
                    sent.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                }
            })
        };
        let step = async || {
            let before = sent.load(Ordering::SeqCst);
            while sent.load(Ordering::SeqCst) < before + 20 {
                assert!(!load.is_finished(), "{algorithm}: a good token was refused");
                tokio::task::yield_now().await;
            }
        };
        let old = auth.create_token(&alice()).unwrap();
        let old_name = signing(algorithm, "old").verifying_key().kid().unwrap().to_owned();
        step().await;
        auth.add_key(verifying(algorithm, "new")).unwrap();
        step().await;
        auth.switch_signing_key(signing(algorithm, "new")).unwrap();
        let new = auth.create_token(&alice()).unwrap();
        assert_eq!((status(&app, &old).await, status(&app, &new).await), (200, 200));
        step().await;
        auth.retire_key(&*old_name).unwrap();
        assert_eq!((status(&app, &old).await, status(&app, &new).await), (401, 200), "{algorithm}");
        step().await;
        stop.store(true, Ordering::SeqCst);
        load.await.unwrap();
        assert_eq!(status(&app, &old).await, 401);
    }
}

// KEY-09: the new key verifies on another instance before it signs on this one.
#[tokio::test]
async fn two_instances_rotate_one_after_the_other() {
    let (here, there) = (backend("old", Algorithm::ES256), backend("old", Algorithm::ES256));
    let app = app(&there);
    there.add_key(verifying(Algorithm::ES256, "new")).unwrap();
    here.add_key(verifying(Algorithm::ES256, "new")).unwrap();
    here.switch_signing_key(signing(Algorithm::ES256, "new")).unwrap();
    assert_eq!(status(&app, &here.create_token(&alice()).unwrap()).await, 200);
    assert_eq!(here.key_ids(), there.key_ids());
}

// KEY-09: a secret with a name can replace one without a name.
#[tokio::test]
async fn a_secret_without_a_name_can_be_rotated() {
    let auth = Bearer.backend().keys(Keys::hs256(SECRET).unwrap()).issuer(ISSUER).clock(|| NOW).build().unwrap();
    let app = app(&auth);
    let old = auth.create_token(&alice()).unwrap();
    auth.switch_signing_key(signing(Algorithm::HS256, "2026")).unwrap();
    let new = auth.create_token(&alice()).unwrap();
    assert_eq!(auth.key_ids(), [None, Some("2026".to_owned())]);
    assert_eq!((status(&app, &old).await, status(&app, &new).await), (200, 200));
    auth.retire_key(None).unwrap();
    assert_eq!((status(&app, &old).await, status(&app, &new).await), (401, 200));
}

/// The token with another header.
fn with_header(token: &str, header: &str) -> String {
    let rest = token.split_once('.').unwrap().1;
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
}

// KEY-06, C4: from a secret without a name, by a secret with one, to a key pair, while tokens are out.
#[tokio::test]
async fn a_backend_moves_from_a_secret_to_a_key_pair() {
    let auth = Bearer.backend().keys(Keys::hs256(SECRET).unwrap()).issuer(ISSUER).clock(|| NOW).build().unwrap();
    let app = app(&auth);
    let nameless = auth.create_token(&alice()).unwrap();
    let pair = || signing(Algorithm::ES256, "pair");
    assert_eq!(auth.switch_signing_key(pair()).unwrap_err(), KeyError::MixedKinds);
    // The secret gets a name.
    auth.switch_signing_key(SigningKey::from_secret(Algorithm::HS256, SECRET).unwrap().with_kid("secret")).unwrap();
    let named = auth.create_token(&alice()).unwrap();
    assert_eq!((status(&app, &nameless).await, status(&app, &named).await), (200, 200));
    assert_eq!(auth.add_key(pair().verifying_key().clone()).unwrap_err(), KeyError::MixedKinds);
    // One lifetime later, all tokens name their key.
    auth.retire_key(None).unwrap();
    assert_eq!(
        (status(&app, &nameless).await, status(&app, &named).await),
        (200, 200),
        "the same secret, the only key"
    );
    auth.add_key(pair().verifying_key().clone()).unwrap();
    assert_eq!((status(&app, &nameless).await, status(&app, &named).await), (401, 200));
    auth.switch_signing_key(pair()).unwrap();
    let new = auth.create_token(&alice()).unwrap();
    assert_eq!((status(&app, &named).await, status(&app, &new).await), (200, 200));
    auth.retire_key("secret").unwrap();
    assert_eq!((status(&app, &named).await, status(&app, &new).await), (401, 200));
    assert_eq!(auth.key_ids().len(), 1);
}

// KEY-06, JWS-07: no header makes a public key act as a secret, or one key sign for the other.
#[tokio::test]
async fn a_header_cannot_confuse_the_keys_of_a_mixed_set() {
    let auth = Bearer
        .backend()
        .keys(
            Keys::from(signing(Algorithm::ES256, "pair").with_kid("pair"))
                .also_verify(verifying(Algorithm::HS256, "secret")),
        )
        .issuer(ISSUER)
        .clock(|| NOW)
        .build()
        .unwrap();
    let app = app(&auth);
    let by_pair = auth.create_token(&alice()).unwrap();
    let by_secret = backend("secret", Algorithm::HS256).create_token(&alice()).unwrap();
    assert_eq!((status(&app, &by_pair).await, status(&app, &by_secret).await), (200, 200));
    // An attacker signs with the public key, in each form in which it is published, as if it were a secret.
    let public = jwt_auth_tests::keys::pair(Algorithm::ES256, "pair").public;
    let jwks = auth.jwks();
    let payload = by_pair.split('.').nth(1).unwrap();
    for forged_with in [public.clone(), pem("PUBLIC KEY", &public).into_bytes(), jwks.into_bytes()] {
        for kid in [r#","kid":"pair""#, r#","kid":"secret""#, r#","kid":"""#, ""] {
            let header = format!(r#"{{"typ":"at+jwt","alg":"HS256"{kid}}}"#);
            let input = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(header));
            let key = hmac::Key::new(hmac::HMAC_SHA256, &forged_with);
            let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, input.as_bytes())));
            assert_eq!(status(&app, &token).await, 401, "{kid}");
        }
    }
    for token in [&by_pair, &by_secret] {
        for (alg, kid) in [
            ("HS256", r#","kid":"pair""#),
            ("ES256", r#","kid":"secret""#),
            ("HS384", r#","kid":"secret""#),
            ("none", r#","kid":"pair""#),
            ("ES256", ""),
            ("HS256", ""),
            ("ES256", r#","kid":"""#),
            ("HS256", r#","kid":"""#),
        ] {
            let header = format!(r#"{{"typ":"at+jwt","alg":"{alg}"{kid}}}"#);
            assert_eq!(status(&app, &with_header(token, &header)).await, 401, "{header}");
        }
    }
}

// KEY-06
#[test]
fn a_change_that_is_refused_changes_nothing() {
    let auth = backend("one", Algorithm::ES256);
    let before = auth.key_ids();
    let own = signing(Algorithm::ES256, "one").verifying_key().kid().unwrap().to_owned();
    let unnamed = VerifyingKey::from_secret(Algorithm::HS256, SECRET).unwrap();
    assert_eq!(auth.add_key(unnamed).unwrap_err(), KeyError::MixedKinds);
    let again = auth.add_key(verifying(Algorithm::ES256, "one")).unwrap_err();
    assert_eq!(again, KeyError::DuplicateName(Some(own.clone())));
    let unnamed = SigningKey::from_secret(Algorithm::HS256, SECRET).unwrap();
    assert_eq!(auth.switch_signing_key(unnamed).unwrap_err(), KeyError::MixedKinds);
    assert_eq!(auth.retire_key(&*own).unwrap_err(), KeyError::Signing);
    assert_eq!(auth.retire_key("nope").unwrap_err(), KeyError::Unknown(Some("nope".into())));
    assert_eq!(auth.key_ids(), before);
    let only: Backend<Bearer, VerifyOnly> = Bearer
        .backend()
        .verify_only()
        .trust(Issuer::rfc9068(ISSUER).keys(verifying(Algorithm::ES256, "one")).audience("a"))
        .build()
        .unwrap();
    assert_eq!(only.retire_key(&*own).unwrap_err(), KeyError::NoKey);
}
