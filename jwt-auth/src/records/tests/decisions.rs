use crate::records::end::{Ending, RevokedToken};
use crate::records::names::JwtIdHash;
use crate::records::refresh::{Rotation, Settlement};
use crate::records::single_use::{Code, Redeemed, Redemption};
use crate::records::subject::Entry;
use crate::records::summary::{AccessToken, Standing};
use crate::records::tests::*;
use crate::store::document::{Summary, Version};
use crate::store::subject_tag::SubjectTag;

fn ended(subject: &Subject, id: SessionId) -> Option<u64> {
    match subject.entries.get(&id) {
        Some(Entry::Ended { until }) => Some(*until),
        _ => None,
    }
}

// REF-01, REF-11
#[test]
fn a_token_is_used_once_and_an_old_one_ends_the_session() {
    let mut subject = subject();
    assert_eq!(subject.rotate(&use_of(0, 1), NOW, &RULES), Rotation::Rotated);
    let own = Rotation::TakenOver(SealedSuccessor([1; 32]));
    assert_eq!(subject.rotate(&use_of(0, 1), NOW, &RULES), own, "sent twice");
    assert_eq!(subject.settle(ID, Attempt([1; 16])), Settlement::Settled);
    assert_eq!(subject.settle(ID, Attempt([9; 16])), Settlement::Superseded);
    let mut again = subject.clone();
    assert_eq!(again.rotate(&use_of(0, 2), NOW, &RULES), Rotation::Reused);
    assert_eq!(ended(&again, ID), Some(NOW + 10 + 5 + 2 + 1));
    assert_eq!(again.rotate(&use_of(1, 3), NOW, &RULES), Rotation::Unknown);
    let lost = TokenUse { was_usable: true, ..use_of(0, 2) };
    assert_eq!(subject.rotate(&lost, NOW, &RULES), Rotation::Overtaken);
    assert!(subject.live(ID).is_some());
}

// STO-07
#[test]
fn an_unanswered_use_is_taken_over_until_its_successor_is_used() {
    let mut subject = subject();
    subject.rotate(&use_of(0, 1), NOW, &RULES);
    let sealed = SealedSuccessor([1; 32]);
    for _ in ["once", "sent twice"] {
        assert_eq!(subject.rotate(&use_of(0, 2), NOW + 50, &RULES), Rotation::TakenOver(sealed));
    }
    assert_eq!(subject.settle(ID, Attempt([1; 16])), Settlement::Superseded);
    assert_eq!(subject.settle(ID, Attempt([2; 16])), Settlement::Settled);
    assert_eq!(subject.rotate(&use_of(1, 3), NOW, &RULES), Rotation::Rotated);
    assert_eq!(subject.rotate(&use_of(0, 4), NOW, &RULES), Rotation::Reused);
}

// REF-11
#[test]
fn the_grace_gives_the_same_successor_and_ends_with_its_use() {
    let graceful = |presented, next| TokenUse { grace: 10, ..use_of(presented, next) };
    let mut subject = subject();
    subject.rotate(&graceful(0, 1), NOW, &RULES);
    subject.settle(ID, Attempt([1; 16]));
    let late = TokenUse { access_until: NOW + 25, ..graceful(0, 2) };
    assert_eq!(subject.rotate(&late, NOW + 9, &RULES), Rotation::Grace(SealedSuccessor([1; 32])));
    assert_eq!(subject.live(ID).unwrap().access_until, NOW + 25);
    let mut too_late = subject.clone();
    assert_eq!(too_late.rotate(&graceful(0, 2), NOW + 10, &RULES), Rotation::Reused);
    subject.rotate(&graceful(1, 3), NOW + 5, &RULES);
    assert_eq!(subject.rotate(&graceful(0, 4), NOW + 6, &RULES), Rotation::Reused, "S13");
}

// REF-08
#[test]
fn a_session_ends_when_it_is_idle_too_long_and_at_its_end() {
    let mut subject = subject();
    assert!(subject.live(ID).unwrap().is_usable(TokenHash([0; 32]), NOW + 99));
    assert!(!subject.live(ID).unwrap().is_usable(TokenHash([0; 32]), NOW + 100));
    assert_eq!(subject.clone().rotate(&use_of(0, 1), NOW + 100, &RULES), Rotation::Unknown);
    assert_eq!(subject.list(NOW + 100), []);
    for n in 0..10 {
        let used = TokenUse { idle: 110, ..use_of(n, n + 1) };
        assert_eq!(subject.rotate(&used, NOW + 99 * u64::from(n), &RULES), Rotation::Rotated);
    }
    assert_eq!(subject.live(ID).unwrap().idle_until, NOW + 1_000);
    assert_eq!(subject.rotate(&use_of(10, 11), NOW + 1_000, &RULES), Rotation::Unknown);
}

// REV-07, STO-09
#[test]
fn a_sign_out_everywhere_refuses_sessions_whose_check_is_older() {
    let mut subject = subject();
    subject.end_all(NOW, &RULES);
    assert_eq!(subject.before, NOW + 3);
    assert!(ended(&subject, ID).is_some());
    let other = SessionId([2; 16]);
    assert_eq!(subject.begin(other, session(NOW + 2), &[], &RULES), Begun::Stale(NOW + 3));
    assert_eq!(subject.begin(other, session(NOW + 3), &[], &RULES), Begun::Begun);
    subject.end_all(NOW - 50, &RULES);
    assert_eq!(subject.before, NOW + 4, "it grows, whatever the clock says");
}

#[test]
fn a_sign_in_replaces_a_session_in_the_same_step() {
    let mut subject = subject();
    let other = SessionId([2; 16]);
    assert_eq!(subject.begin(other, session(NOW), &[token_of(ID)], &RULES), Begun::Begun);
    assert!(ended(&subject, ID).is_some() && subject.live(other).is_some());
    assert_eq!(subject.begin(other, session(NOW), &[], &RULES), Begun::Begun, "sent twice");
    assert_eq!(subject.end(other, &RULES), Ending::Ended);
    assert_eq!(subject.end(other, &RULES), Ending::WasOver);
    assert_eq!(subject.begin(other, session(NOW), &[], &RULES), Begun::Blocked);
}

// COD-03
#[test]
fn a_code_is_redeemed_once_and_its_session_can_be_blocked_before_it_begins() {
    let mut code = Code { payload: b"client".to_vec(), expires_at: NOW + 60, redeemed: None };
    let tag = SubjectTag::new("issuer", "7").unwrap();
    let redeemed = |id| Redeemed { tag, session: SessionId([id; 16]), access_until: NOW + 90 };
    assert_eq!(code.clone().redeem(redeemed(2), NOW + 60), Redemption::Expired);
    assert_eq!(code.redeem(redeemed(2), NOW), Redemption::First);
    assert_eq!(code.redeem(redeemed(2), NOW), Redemption::First, "sent twice");
    assert_eq!(code.redeem(redeemed(3), NOW + 61), Redemption::Again(redeemed(2)));
    let kept = code.encode(Version::random().unwrap(), &RULES);
    assert_eq!((Code::decode(&kept).unwrap(), kept.keep_until), (code, NOW + 98));
    let mut subject = subject();
    for id in [ID, SessionId([2; 16])] {
        subject.block(id, NOW + 98, &RULES);
        assert_eq!(ended(&subject, id), Some(NOW + 98));
        assert_eq!(subject.begin(id, session(NOW), &[], &RULES), Begun::Blocked);
    }
}

fn standing(subject: &Subject, session: Option<SessionId>, is_ours: bool, issued_at: u64, jwt_id: &str) -> Standing {
    let summary: Summary = subject.encode(Version::random().unwrap(), &RULES).summary;
    let token = AccessToken { session, is_ours, jwt_id: Some(jwt_id), issued_at };
    token.standing(Some(&summary)).unwrap()
}

// REV-03, S12
#[test]
fn an_access_token_is_accepted_until_its_session_or_user_is_signed_out() {
    let mut subject = subject();
    let other = Some(SessionId([2; 16]));
    let of = |subject: &Subject, session, is_ours| standing(subject, session, is_ours, 0, "j");
    assert_eq!(of(&subject, Some(ID), true), Standing::Accepted);
    assert_eq!((of(&subject, other, true), of(&subject, other, false)), (Standing::SessionEnded, Standing::Accepted));
    subject.end(ID, &RULES);
    assert_eq!(
        (of(&subject, Some(ID), true), of(&subject, Some(ID), false)),
        (Standing::SessionEnded, Standing::SessionEnded)
    );
    subject.end_all(NOW, &RULES);
    assert_eq!(standing(&subject, None, true, NOW + 2, "j"), Standing::SignedOutEverywhere);
    assert_eq!(standing(&subject, None, true, NOW + 3, "j"), Standing::Accepted);
    let jwt_id = JwtIdHash::new("j").unwrap();
    subject.revoke(&RevokedToken { jwt_id, expires_at: NOW + 9, issued_at: NOW + 3 }, &RULES);
    assert_eq!(standing(&subject, None, true, NOW + 3, "j"), Standing::Revoked);
    assert_eq!(standing(&subject, None, true, NOW + 3, "k"), Standing::Accepted);
    let token = |session| AccessToken { session, is_ours: true, jwt_id: Some("j"), issued_at: 0 };
    assert_eq!(token(Some(ID)).standing(None).unwrap(), Standing::SessionEnded);
    assert_eq!(token(None).standing(None).unwrap(), Standing::Accepted);
    for bad in [&b""[..], &[2; 17], &[1; 16], &[1; 18]] {
        assert!(token(None).standing(Some(&Summary::from_bytes(bad))).is_err(), "{bad:?}");
    }
}

// REV-07: a retry in the background ends the old sessions, and no session that has begun since.
#[test]
fn a_retried_sign_out_everywhere_spares_later_sessions() {
    const LATER: SessionId = SessionId([2; 16]);
    let mut subject = subject();
    assert_eq!(subject.begin(LATER, session(NOW + 3), &[], &RULES), Begun::Begun);
    subject.end_all_again(NOW, &RULES);
    assert_eq!(subject.before, NOW + 3);
    assert!(subject.live(ID).is_none() && subject.live(LATER).is_some());
    let before = subject.clone();
    subject.end_all_again(NOW, &RULES);
    subject.end_all_again(NOW - 50, &RULES);
    assert_eq!(subject, before, "once");
}
