//! What every store must do, as tests that run on any of them.

mod steps;

use std::sync::Arc;

pub use self::steps::{
    a_second_use_revokes_the_session_for_the_margin, a_session_and_what_it_replaces_are_one_step,
    sessions_of_two_issuers_with_one_name_are_two, several_revocations_are_one_step,
};
pub use super::maybe_store::MaybeStore;
use crate::store::{Consumed, Refresh, RefreshHash, Revocation, Store, Successor, TokenRef};

const NOW: u64 = 1_800_000_000;

/// Tests that hold a [`Store`](crate::Store) to what it promises, for stores of your own too:
///
/// ```
/// # #[cfg(test)]
/// mod my_store {
///     jwt_auth::testing::store_conformance!(async { jwt_auth::MemoryStore::new() });
/// }
/// ```
///
/// Makes `#[tokio::test]`s in the module where it stands. The expression is a future of a store, or of an `Option` of one that is
/// `None` where its server is not there; each test awaits one of its own, which may share its database with the others, as every test uses names of its own.
#[macro_export]
#[doc(hidden)]
macro_rules! __store_conformance {
    ($store:expr) => {
        $crate::__store_conformance! { @each $store;
            a_revoked_token_is_revoked_until_it_expires
            a_revoked_session_takes_its_tokens_with_it
            a_revoked_subject_is_revoked_up_to_a_time
            a_refresh_token_is_used_once
            a_second_use_revokes_the_session
            the_grace_gives_the_same_successor
            a_refresh_token_expires_and_its_session_ends
            a_revocation_ends_refreshing
            of_many_uses_at_once_one_wins
            a_revocation_that_races_a_refresh_wins
            sessions_of_two_issuers_with_one_name_are_two
            several_revocations_are_one_step
            a_session_and_what_it_replaces_are_one_step
            a_second_use_revokes_the_session_for_the_margin
        }
    };
    (@each $store:expr; $($name:ident)+) => {
        $(#[::tokio::test(flavor = "multi_thread")]
        async fn $name() {
            if let Some(store) = $crate::testing::conformance::MaybeStore::shared($store.await) {
                $crate::testing::conformance::$name(store).await;
            }
        })+
    };
}

type Shared = Arc<dyn Store>;

/// A name that no other test, in this run or another on the same database, has.
fn fresh(what: &str) -> String {
    let mut bytes = [0; 12];
    assert!(getrandom::fill(&mut bytes).is_ok(), "random numbers");
    bytes.iter().fold(format!("{what}-"), |name, byte| format!("{name}{byte:02x}"))
}

fn hash() -> RefreshHash {
    let mut bytes = [0; 32];
    assert!(getrandom::fill(&mut bytes).is_ok(), "random numbers");
    RefreshHash(bytes)
}

fn refresh() -> Refresh {
    Refresh {
        hash: hash(),
        session: fresh("session"),
        issuer: "https://issuer.test".into(),
        subject: fresh("subject"),
        client_id: "web".into(),
        scope: "read write".into(),
        claims: r#"{"name":"Zoë"}"#.into(),
        began_at: NOW,
        expires_at: NOW + 100,
        ends_at: NOW + 1_000,
    }
}

fn successor(hash: RefreshHash) -> Successor {
    Successor { hash, sealed: [7; 32], grace: 0, idle: 100, margin: 0 }
}

fn token<'t>(refresh: &'t Refresh, jwt_id: &'t str, issued_at: u64) -> TokenRef<'t> {
    TokenRef { issuer: &refresh.issuer, jwt_id, session: Some(&refresh.session), subject: &refresh.subject, issued_at }
}

async fn is_revoked(store: &Shared, token: TokenRef<'_>, now: u64) -> bool {
    let waited_for = store.is_revoked(token, now).await.unwrap_or_else(|error| panic!("the store fails: {error}"));
    assert!(
        store.is_revoked_at_once(token, now).is_none_or(|at_once| at_once == waited_for),
        "two answers to one question"
    );
    waited_for
}

async fn revoke(store: &Shared, revocation: Revocation<'_>) {
    store.revoke(&[revocation], NOW).await.unwrap_or_else(|error| panic!("the store fails: {error}"));
}

async fn begin(store: &Shared, refresh: &Refresh) {
    store.begin(refresh.clone(), &[], NOW).await.unwrap_or_else(|error| panic!("the store fails: {error}"));
}

async fn consume(store: &Shared, presented: RefreshHash, successor: Successor, now: u64) -> Consumed {
    store.consume(presented, successor, now).await.unwrap_or_else(|error| panic!("the store fails: {error}"))
}

pub async fn a_revoked_token_is_revoked_until_it_expires(store: Shared) {
    let (one, jti, other) = (refresh(), fresh("jti"), fresh("jti"));
    assert!(!is_revoked(&store, token(&one, &jti, NOW), NOW).await);
    let until = NOW + 50;
    revoke(&store, Revocation::Token { issuer: &one.issuer, jwt_id: &jti, until }).await;
    assert!(is_revoked(&store, token(&one, &jti, NOW), NOW).await);
    assert!(is_revoked(&store, token(&one, &jti, NOW), until - 1).await);
    assert!(!is_revoked(&store, token(&one, &other, NOW), NOW).await);
    let elsewhere = TokenRef { issuer: "https://other.test", ..token(&one, &jti, NOW) };
    assert!(!is_revoked(&store, elsewhere, NOW).await, "an issuer revokes its own tokens");
    // An earlier end does not shorten it.
    revoke(&store, Revocation::Token { issuer: &one.issuer, jwt_id: &jti, until: NOW + 1 }).await;
    assert!(is_revoked(&store, token(&one, &jti, NOW), until - 1).await);
}

pub async fn a_revoked_session_takes_its_tokens_with_it(store: Shared) {
    let (one, two, jti) = (refresh(), refresh(), fresh("jti"));
    revoke(&store, Revocation::Session { issuer: &one.issuer, session: &one.session, until: NOW + 50 }).await;
    assert!(is_revoked(&store, token(&one, &jti, NOW), NOW).await);
    assert!(!is_revoked(&store, token(&two, &jti, NOW), NOW).await);
    assert!(!is_revoked(&store, TokenRef { session: None, ..token(&one, &jti, NOW) }, NOW).await);
}

pub async fn a_revoked_subject_is_revoked_up_to_a_time(store: Shared) {
    let (one, two, jti) = (refresh(), refresh(), fresh("jti"));
    let all = |before| Revocation::Subject { issuer: &one.issuer, subject: &one.subject, before, until: NOW + 50 };
    revoke(&store, all(NOW)).await;
    assert!(is_revoked(&store, token(&one, &jti, NOW - 1), NOW).await);
    assert!(!is_revoked(&store, token(&one, &jti, NOW), NOW).await);
    assert!(!is_revoked(&store, token(&two, &jti, NOW - 1), NOW).await);
    revoke(&store, all(NOW + 5)).await;
    revoke(&store, all(NOW - 5)).await;
    assert!(is_revoked(&store, token(&one, &jti, NOW + 4), NOW).await, "the later of two times holds");
}

pub async fn a_refresh_token_is_used_once(store: Shared) {
    let (one, next, last) = (refresh(), hash(), hash());
    assert_eq!(consume(&store, one.hash, successor(next), NOW).await, Consumed::Unknown);
    begin(&store, &one).await;
    assert_eq!(store.find(one.hash, NOW).await, Ok(Some(one.clone())));
    assert_eq!(consume(&store, one.hash, successor(next), NOW + 1).await, Consumed::Now(one.clone()));
    let second = Refresh { hash: next, expires_at: NOW + 101, ..one.clone() };
    assert_eq!(consume(&store, next, successor(last), NOW + 2).await, Consumed::Now(second));
    assert_eq!(store.find(hash(), NOW).await, Ok(None));
}

pub async fn a_second_use_revokes_the_session(store: Shared) {
    let (one, next, jti) = (refresh(), hash(), fresh("jti"));
    begin(&store, &one).await;
    let _ = consume(&store, one.hash, successor(next), NOW + 1).await;
    let again = consume(&store, one.hash, successor(hash()), NOW).await;
    assert_eq!(again, Consumed::Reused(one.clone()), "by an instance whose clock is behind");
    assert!(is_revoked(&store, token(&one, &jti, NOW + 9), NOW).await, "its access tokens end");
    assert_eq!(consume(&store, next, successor(hash()), NOW).await, Consumed::Unknown, "its successor ends");
}

pub async fn the_grace_gives_the_same_successor(store: Shared) {
    let (one, next, sealed) = (refresh(), hash(), [9; 32]);
    begin(&store, &one).await;
    let first = Successor { sealed, grace: 10, ..successor(next) };
    assert!(matches!(consume(&store, one.hash, first, NOW).await, Consumed::Now(_)));
    let again = Successor { sealed: [1; 32], grace: 10, ..successor(hash()) };
    let expected = Consumed::Before { refresh: one.clone(), sealed };
    assert_eq!(consume(&store, one.hash, again.clone(), NOW + 9).await, expected);
    assert!(
        matches!(consume(&store, next, successor(hash()), NOW + 9).await, Consumed::Now(_)),
        "there is one successor"
    );
    assert_eq!(consume(&store, one.hash, again, NOW + 10).await, Consumed::Reused(one));
}

pub async fn a_refresh_token_expires_and_its_session_ends(store: Shared) {
    let one = Refresh { ends_at: NOW + 150, ..refresh() };
    begin(&store, &one).await;
    assert_eq!(consume(&store, one.hash, successor(hash()), NOW + 100).await, Consumed::Unknown, "it expired");
    let (two, next) = (Refresh { ends_at: NOW + 150, ..refresh() }, hash());
    begin(&store, &two).await;
    assert!(matches!(consume(&store, two.hash, successor(next), NOW + 99).await, Consumed::Now(_)));
    assert_eq!(consume(&store, next, successor(hash()), NOW + 150).await, Consumed::Unknown, "the session ended");
}

pub async fn a_revocation_ends_refreshing(store: Shared) {
    let (one, two) = (refresh(), refresh());
    begin(&store, &one).await;
    begin(&store, &two).await;
    revoke(&store, Revocation::Session { issuer: &one.issuer, session: &one.session, until: one.ends_at }).await;
    assert_eq!(consume(&store, one.hash, successor(hash()), NOW).await, Consumed::Unknown);
    let all = Revocation::Subject { issuer: &two.issuer, subject: &two.subject, before: NOW + 1, until: two.ends_at };
    revoke(&store, all).await;
    assert_eq!(consume(&store, two.hash, successor(hash()), NOW).await, Consumed::Unknown);
}

pub async fn of_many_uses_at_once_one_wins(store: Shared) {
    for _ in 0..20 {
        let one = refresh();
        begin(&store, &one).await;
        let all: Vec<_> = (0..16)
            .map(|_| {
                let (store, presented) = (Arc::clone(&store), one.hash);
                tokio::spawn(async move { consume(&store, presented, successor(hash()), NOW).await })
            })
            .collect();
        let mut won = 0;
        for call in all {
            match call.await {
                Ok(Consumed::Now(_)) => won += 1,
                Ok(Consumed::Reused(_)) => {}
                other => panic!("neither used nor reused: {other:?}"),
            }
        }
        assert_eq!(won, 1, "exactly one of 16 uses wins");
    }
}

pub async fn a_revocation_that_races_a_refresh_wins(store: Shared) {
    for _ in 0..20 {
        let (one, next, jti) = (refresh(), hash(), fresh("jti"));
        begin(&store, &one).await;
        let racing = {
            let (store, presented) = (Arc::clone(&store), one.hash);
            tokio::spawn(async move { consume(&store, presented, successor(next), NOW).await })
        };
        revoke(&store, Revocation::Session { issuer: &one.issuer, session: &one.session, until: one.ends_at }).await;
        assert!(racing.await.is_ok(), "it answers");
        assert!(is_revoked(&store, token(&one, &jti, NOW), NOW).await, "no access token is live");
        for token in [one.hash, next] {
            let answer = consume(&store, token, successor(hash()), NOW).await;
            assert!(!matches!(answer, Consumed::Now(_)), "no refresh token is live");
        }
    }
}
