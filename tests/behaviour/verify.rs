//! `Backend::verify` gives the same verdict as the guard.

use std::sync::Arc;
use std::time::Duration;

use jwt_auth::testing::FixedClock;
use jwt_auth::{
    Backend, Builder, MemoryStore, Parts, RejectionReason, Token, auth_backend,
    rejection::{BoxError, TokenError},
};
use jwt_auth_tests::call_with;

use crate::failing_service::{FailsAt, HasMembers, LookUp, Member, Members, app};
use crate::fixture::{NOW, request, settings};

#[auth_backend(kind = "bearer", user = Member, retrieve_user = find, exclude = ["/open/{*rest}"])]
struct Auth(Members);

async fn find(auth: &Auth, _: &Token, request: &Parts) -> Result<Option<Member>, BoxError> {
    let name = request.headers.get("x-name").and_then(|name| name.to_str().ok());
    let found = auth.0.find()?;
    Ok(found.map(|member| Member { name: name.map_or(member.name, str::to_owned), ..member }))
}

impl HasMembers for Auth {
    fn members(&self) -> &Members {
        &self.0
    }
}

fn builder(members: &Members) -> Builder<Auth> {
    settings(Auth(members.clone()).backend())
}

fn token(auth: &Backend<Auth>) -> String {
    auth.create_token(&Member { id: "m-7".into(), name: "alice".into() }).unwrap()
}

/// The reason why the guard and `verify` refuse the token. Asserts that both give the same answer.
async fn refusal(auth: &Backend<Auth>, token: &str) -> RejectionReason {
    let (status, reason) = call_with(&app(auth), token).await;
    let refused = auth.verify(token).await.map(drop).unwrap_err();
    assert_eq!((refused.status().as_u16(), Some(refused.reason().clone())), (status, reason));
    refused.reason().clone()
}

// REV-04, BRR-06
#[tokio::test]
async fn verify_refuses_what_the_guard_refuses_for_the_same_reason() {
    let clock = FixedClock::at(NOW);
    let auth = builder(&Members::default()).clock(clock.clone()).build().unwrap();
    let (good, revoked) = (token(&auth), token(&auth));
    let verified = auth.verify(&good).await.unwrap();
    assert_eq!((verified.user.name.as_str(), verified.token.subject()), ("alice", "m-7"));
    assert_eq!(call_with(&app(&auth), &good).await, (200, None));

    assert_eq!(refusal(&auth, "a.b").await, RejectionReason::Token(TokenError::NotCompact));
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", signature.chars().rev().collect::<String>());
    assert!(matches!(refusal(&auth, &forged).await, RejectionReason::Token(_)));
    auth.revoke(&auth.verified(&revoked).unwrap()).await.unwrap();
    assert_eq!(refusal(&auth, &revoked).await, RejectionReason::Revoked);
    clock.advance(Duration::from_secs(3_600));
    assert_eq!(refusal(&auth, &good).await, RejectionReason::Token(TokenError::Expired));
}

// REL-01
#[tokio::test]
async fn verify_looks_the_user_up_as_the_guard_does() {
    let members = Members::default();
    let auth = builder(&members).build().unwrap();
    let token = token(&auth);
    for (look_up, reason) in [
        (LookUp::FindsNobody, "the token's user does not exist"),
        (LookUp::Refuses, "the user is not allowed in: banned"),
        (LookUp::Fails, "`retrieve_user` failed: the database is gone"),
        (LookUp::Panics, "`retrieve_user` panicked"),
    ] {
        members.set(look_up);
        assert_eq!(refusal(&auth, &token).await.to_string(), reason);
    }
}

// REV-04, REL-01
#[tokio::test]
async fn a_store_or_a_clock_that_fails_denies() {
    let store = Arc::new(MemoryStore::new());
    let members = Members::default();
    let sound = builder(&members).build().unwrap();
    let token = token(&sound);
    // The guard and `verify` each use a store that fails its first call.
    let failing = || builder(&members).store(FailsAt::call(1, &store).store).build().unwrap();
    let refused = failing().verify(&token).await.map(drop).unwrap_err();
    let (status, reason) = call_with(&app(&failing()), &token).await;
    assert_eq!((refused.status().as_u16(), Some(refused.reason().clone())), (status, reason));
    assert_eq!((status, refused.reason().to_string().as_str()), (503, "the store failed: no connection"));

    let broken = builder(&members).clock(|| -> i64 { panic!("a bug of the application") }).build().unwrap();
    assert_eq!(refusal(&broken, &token).await, RejectionReason::Panicked("the clock or the store"));
}

#[tokio::test]
async fn the_look_up_sees_the_request_that_is_passed_to_verify() {
    let auth = builder(&Members::default()).build().unwrap();
    let token = token(&auth);
    let upgrade = request("GET", "/ws", &[("x-name", "bob")]).into_parts().0;
    assert_eq!(auth.verify_for(&token, &upgrade).await.unwrap().user.name, "bob");
    assert_eq!(auth.verify(&token).await.unwrap().user.name, "alice");
}
