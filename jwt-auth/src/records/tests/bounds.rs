use crate::records::begin::Begun;
use crate::records::end::{Ending, RevokedToken};
use crate::records::names::JwtIdHash;
use crate::records::rules::{MAX_BODY, MAX_ENTRIES, MAX_REVOKED};
use crate::records::subject::Entry;
use crate::records::tests::*;
use crate::store::document::Version;

fn id(n: u64) -> SessionId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    SessionId(bytes)
}

fn live(subject: &Subject) -> Vec<SessionId> {
    subject.sessions().map(|(id, _)| id).collect()
}

// STO-04
#[test]
fn one_session_too_many_ends_the_one_that_was_refreshed_longest_ago() {
    let mut subject = Subject::new("i", "s");
    for n in 0..3 {
        subject.begin(id(n), session(NOW + n), &[], &RULES);
    }
    let used = TokenUse { session: id(0), ..use_of(0, 1) };
    subject.rotate(&used, NOW + 50, &RULES);
    assert_eq!(subject.begin(id(9), session(NOW + 60), &[], &RULES), Begun::Begun);
    assert_eq!(live(&subject), [id(0), id(2), id(9)]);
    assert_eq!(subject.list(NOW + 60).iter().map(|(id, _)| *id).collect::<Vec<_>>(), [id(9), id(0), id(2)]);
    // A replaced session makes room for the new one.
    subject.begin(id(10), session(NOW + 60), &[token_of(id(9))], &RULES);
    assert_eq!(live(&subject), [id(0), id(2), id(10)]);
}

// STO-04
#[test]
fn live_and_ended_sessions_of_an_account_are_bounded_in_bytes_and_number() {
    let mut subject = Subject::new("i", "s");
    let large = |n| LiveSession { claims: "x".repeat(MAX_BODY / 2 - 400), ..session(NOW + n) };
    for n in 0..3 {
        assert_eq!(subject.begin(id(n), large(n), &[], &RULES), Begun::Begun);
    }
    assert_eq!(live(&subject), [id(1), id(2)]);
    assert!(subject.encode_body().len() < MAX_BODY);
    let too_large = LiveSession { claims: "x".repeat(MAX_BODY), ..session(NOW) };
    assert_eq!(subject.begin(id(3), too_large, &[], &RULES), Begun::Full);
    let mut count = subject.entries.len();
    let mut n = 10;
    while subject.begin(id(n), session(NOW + n), &[], &RULES) == Begun::Begun {
        (n, count) = (n + 1, count + 1);
    }
    assert_eq!((count, live(&subject).len()), (MAX_ENTRIES, 3));
    subject.prune(NOW + 1_000, &RULES);
    assert_eq!(subject.begin(id(n), session(NOW + n), &[], &RULES), Begun::Begun);
}

// STO-04
#[test]
fn one_revoked_token_too_many_signs_out_more_and_never_less() {
    let mut subject = subject();
    let revoked =
        |n: u64| RevokedToken { jwt_id: JwtIdHash::new(&n.to_string()).unwrap(), expires_at: NOW + 10, issued_at: NOW };
    for n in 0..MAX_REVOKED as u64 {
        subject.revoke(&revoked(n), &RULES);
    }
    assert_eq!((subject.before, subject.revoked.len()), (0, MAX_REVOKED));
    subject.revoke(&revoked(0), &RULES);
    assert_eq!(subject.before, 0, "it is revoked already");
    subject.revoke(&revoked(100), &RULES);
    assert_eq!((subject.before, subject.revoked.len()), (NOW + 1, MAX_REVOKED));
    assert_eq!(subject.end(ID, &RULES), Ending::Ended);
    // An unknown session of another issuer.
    subject.block(id(5), RULES.outlived(NOW + 10), &RULES);
    assert_eq!(subject.entries[&id(5)], Entry::Ended { until: NOW + 18 });
    subject.prune(NOW + 18, &RULES);
    assert!(subject.revoked.is_empty() && subject.entries.is_empty() && !subject.is_empty());
    subject.prune(NOW + 1 + 1_000 + 8, &RULES);
    assert!(subject.is_empty());
}

// S12: a session, live or ended, is kept for as long as one of its access tokens may be accepted.
#[test]
fn no_session_is_removed_while_its_tokens_may_be_accepted() {
    let mut subject = subject();
    subject.live_mut(ID).unwrap().access_until = NOW + 5_000;
    let needed_until = NOW + 5_000 + 5 + 2 + 1;
    let keep_until = |subject: &Subject| subject.encode(Version::random().unwrap(), &RULES).keep_until;
    assert!(keep_until(&subject) >= needed_until && keep_until(&subject) % 86_400 == 0);
    for is_ended in [false, true] {
        if is_ended {
            subject.end(ID, &RULES);
        }
        let mut pruned = subject.clone();
        pruned.prune(needed_until - 1, &RULES);
        assert_eq!(pruned, subject);
        pruned.prune(needed_until, &RULES);
        assert!(pruned.is_empty());
    }
    let mut huge = Subject { before: u64::MAX, ..subject };
    huge.end_all(u64::MAX, &RULES);
    assert_eq!((huge.before, keep_until(&huge)), (u64::MAX, u64::MAX));
}
