//! Keys that are rotated while requests come in.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get;
use jwt_auth::{Algorithm, Backend, Issuer, Keys, Protected, VerifyOnly, keys::KeyError};
use jwt_auth_tests::call;

use crate::fixture::{Bearer, ISSUER, NOW, SECRET, User, alice, bearer, request};
use jwt_auth_tests::keys::{signing, verifying};

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

// KEY-06
#[test]
fn a_change_that_is_refused_changes_nothing() {
    let auth = backend("one", Algorithm::ES256);
    let before = auth.key_ids();
    let own = signing(Algorithm::ES256, "one").verifying_key().kid().unwrap().to_owned();
    assert_eq!(auth.add_key(verifying(Algorithm::HS256, "x")).unwrap_err(), KeyError::MixedKinds);
    let again = auth.add_key(verifying(Algorithm::ES256, "one")).unwrap_err();
    assert_eq!(again, KeyError::DuplicateName(Some(own.clone())));
    assert_eq!(auth.switch_signing_key(signing(Algorithm::HS256, "x")).unwrap_err(), KeyError::MixedKinds);
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
