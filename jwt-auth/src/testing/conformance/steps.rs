//! What a store does in one step, and whose sessions it ends.

use super::{NOW, Shared, begin, consume, fresh, hash, is_revoked, refresh, revoke, successor, token};
use crate::store::{Consumed, Refresh, Revocation, Successor};

/// No text of PostgreSQL holds it. Other stores may take it; each keeps all of a call or nothing.
const UNWRITABLE: &str = "nul\0";

fn session(of: &Refresh) -> Revocation<'_> {
    Revocation::Session { issuer: &of.issuer, session: &of.session, until: of.ends_at }
}

fn access_token<'r>(of: &'r Refresh, jwt_id: &'r str) -> Revocation<'r> {
    Revocation::Token { issuer: &of.issuer, jwt_id, until: of.ends_at }
}

pub async fn sessions_of_two_issuers_with_one_name_are_two(store: Shared) {
    let jti = fresh("jti");
    for by_second_use in [false, true] {
        let one = refresh();
        let two = Refresh { hash: hash(), issuer: "https://other.test".into(), ..one.clone() };
        begin(&store, &one).await;
        begin(&store, &two).await;
        if by_second_use {
            let _ = consume(&store, one.hash, successor(hash()), NOW).await;
            let again = consume(&store, one.hash, successor(hash()), NOW).await;
            assert_eq!(again, Consumed::Reused(one.clone()));
        } else {
            revoke(&store, session(&one)).await;
            assert_eq!(consume(&store, one.hash, successor(hash()), NOW).await, Consumed::Unknown);
        }
        assert!(is_revoked(&store, token(&one, &jti, NOW), NOW).await);
        assert!(!is_revoked(&store, token(&two, &jti, NOW), NOW).await, "another issuer's session goes on");
        let used = consume(&store, two.hash, successor(hash()), NOW).await;
        assert_eq!(used, Consumed::Now(two), "another issuer's session is continued");
    }
}

pub async fn several_revocations_are_one_step(store: Shared) {
    let (one, two, three, four, jti) = (refresh(), refresh(), refresh(), refresh(), fresh("jti"));
    let user =
        Revocation::Subject { issuer: &three.issuer, subject: &three.subject, before: NOW + 1, until: three.ends_at };
    let all = [access_token(&one, &jti), session(&two), user];
    store.revoke(&all, NOW).await.unwrap_or_else(|error| panic!("the store fails: {error}"));
    for (of, jti) in [(&one, jti.as_str()), (&two, "other"), (&three, "other")] {
        assert!(is_revoked(&store, token(of, jti, NOW), NOW).await, "{of:?}");
    }
    assert!(!is_revoked(&store, token(&four, "other", NOW), NOW).await);
    for unwritable_first in [false, true] {
        let good = refresh();
        let mut both = [session(&good), access_token(&good, UNWRITABLE)];
        if unwritable_first {
            both.reverse();
        }
        let is_done = store.revoke(&both, NOW).await.is_ok();
        assert_eq!(is_revoked(&store, token(&good, "other", NOW), NOW).await, is_done, "all of them or none");
    }
}

pub async fn a_session_and_what_it_replaces_are_one_step(store: Shared) {
    let (old, new, other, jti) = (refresh(), refresh(), refresh(), fresh("jti"));
    begin(&store, &old).await;
    begin(&store, &other).await;
    let without_session = Refresh { session: fresh("session"), ..old.clone() };
    let replaced = [access_token(&old, &jti), session(&old)];
    let begun = store.begin(new.clone(), &replaced, NOW).await;
    begun.unwrap_or_else(|error| panic!("the store fails: {error}"));
    assert_eq!(store.find(new.hash, NOW).await, Ok(Some(new.clone())));
    assert!(is_revoked(&store, token(&without_session, &jti, NOW), NOW).await, "the token that is replaced ends");
    assert!(is_revoked(&store, token(&old, "other", NOW), NOW).await, "and its session");
    assert_eq!(consume(&store, old.hash, successor(hash()), NOW).await, Consumed::Unknown);
    for going_on in [other, new] {
        assert!(!is_revoked(&store, token(&going_on, "other", NOW), NOW).await);
        assert_eq!(consume(&store, going_on.hash, successor(hash()), NOW).await, Consumed::Now(going_on));
    }
    let (old, new) = (refresh(), refresh());
    begin(&store, &old).await;
    let replaced = [session(&old), access_token(&old, UNWRITABLE)];
    let is_done = store.begin(new.clone(), &replaced, NOW).await.is_ok();
    assert_eq!(store.find(new.hash, NOW).await.map(|found| found.is_some()), Ok(is_done), "both or neither");
    assert_eq!(is_revoked(&store, token(&old, "other", NOW), NOW).await, is_done, "both or neither");
}

pub async fn a_second_use_revokes_the_session_for_the_margin(store: Shared) {
    let (one, jti) = (refresh(), fresh("jti"));
    begin(&store, &one).await;
    let with_margin = || Successor { margin: 50, ..successor(hash()) };
    assert!(matches!(consume(&store, one.hash, with_margin(), NOW).await, Consumed::Now(_)));
    assert!(matches!(consume(&store, one.hash, with_margin(), NOW + 1).await, Consumed::Reused(_)));
    // Nothing else is written at that time: other tests share the database, and what they wrote would expire.
    let last = one.ends_at + 49;
    assert!(is_revoked(&store, token(&one, &jti, NOW), last).await, "its access tokens outlast the session by it");
}
