//! The cache of looked-up users.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use jwt_auth::testing::FixedClock;
use jwt_auth::{Backend, Builder, Parts, Protected, RejectionReason, Token, auth_backend};
use jwt_auth_tests::call_with;

use crate::fixture::{Bearer, NOW, User, settings};

#[auth_backend(kind = "bearer", user = User, retrieve_user = find)]
struct Auth {
    lookups: Arc<AtomicUsize>,
}

/// 7 exists, 8 does not, and 9 makes the database fail.
async fn find(auth: &Auth, token: &Token, _: &Parts) -> Result<Option<User>, String> {
    auth.lookups.fetch_add(1, Ordering::SeqCst);
    match token.subject() {
        "9" => Err("no connection".into()),
        subject => Ok((subject != "8").then(|| User { id: 7, name: "alice".into() })),
    }
}

struct Service {
    auth: Backend<Auth>,
    app: Protected,
    clock: FixedClock,
    lookups: Arc<AtomicUsize>,
}

fn service(lifetime: u64) -> Service {
    let (clock, lookups) = (FixedClock::at(NOW), Arc::new(AtomicUsize::new(0)));
    let builder = settings(Auth { lookups: Arc::clone(&lookups) }.backend()).clock(clock.clone());
    let auth = builder.user_cache(Duration::from_secs(lifetime)).build().unwrap();
    let app = auth.protect(Router::new().route("/me", get(|user: User| async move { user.name }))).unwrap();
    Service { auth, app, clock, lookups }
}

impl Service {
    fn token(&self, id: u64) -> String {
        self.auth.create_token(&User { id, name: String::new() }).unwrap()
    }

    async fn lookups_of(&self, token: &str, status: u16) -> usize {
        let before = self.lookups.load(Ordering::SeqCst);
        assert_eq!(call_with(&self.app, token).await.0, status);
        self.lookups.load(Ordering::SeqCst) - before
    }
}

#[tokio::test]
async fn a_user_is_looked_up_again_when_its_lifetime_is_over() {
    let service = service(30);
    let (one, other) = (service.token(7), service.token(7));
    assert_eq!((service.lookups_of(&one, 200).await, service.lookups_of(&other, 200).await), (1, 0), "by subject");
    service.clock.advance(Duration::from_secs(29));
    assert_eq!(service.lookups_of(&one, 200).await, 0);
    service.clock.advance(Duration::from_secs(1));
    assert_eq!((service.lookups_of(&one, 200).await, service.lookups_of(&one, 200).await), (1, 0));
}

#[tokio::test]
async fn the_user_cache_is_off_by_default() {
    let service = service(0);
    let token = service.token(7);
    assert_eq!((service.lookups_of(&token, 200).await, service.lookups_of(&token, 200).await), (1, 1));
}

#[tokio::test]
async fn nobody_and_errors_are_not_remembered() {
    let service = service(30);
    for (id, status) in [(8, 401), (9, 500)] {
        let token = service.token(id);
        assert_eq!((service.lookups_of(&token, status).await, service.lookups_of(&token, status).await), (1, 1));
    }
}

// REV-07
#[tokio::test]
async fn a_sign_out_everywhere_drops_the_user_and_a_revoked_token_never_reads_the_cache() {
    let service = service(300);
    let token = service.token(7);
    assert_eq!(service.lookups_of(&token, 200).await, 1);
    service.auth.revoke_user(&7).await.unwrap();
    assert_eq!(call_with(&service.app, &token).await, (401, Some(RejectionReason::Revoked)));
    service.clock.advance(Duration::from_secs(3));
    let next = service.token(7);
    assert_eq!((service.lookups_of(&next, 200).await, service.lookups_of(&next, 200).await), (1, 0));
}

#[test]
fn impossible_settings_of_the_user_cache_are_errors_of_build() {
    let lookups = || Arc::new(AtomicUsize::new(0));
    let build = |lifetime| {
        let builder: Builder<Auth> = settings(Auth { lookups: lookups() }.backend());
        builder.user_cache(lifetime).build().map(drop).unwrap_err().to_string()
    };
    for lifetime in [Duration::from_millis(999), Duration::from_secs(301)] {
        assert!(build(lifetime).starts_with("`user_cache`"), "{lifetime:?}");
    }
    let rebuilt = settings(Bearer.backend()).user_cache(Duration::from_secs(1)).build().map(drop).unwrap_err();
    assert!(rebuilt.to_string().contains("`retrieve_user`"), "{rebuilt}");
}
