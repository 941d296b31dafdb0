use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use crate::records::live_session::Previous;
use crate::records::names::JwtIdHash;
use crate::records::single_use::{Code, Redeemed};
use crate::records::subject::Entry;
use crate::records::summary::AccessToken;
use crate::records::tests::*;
use crate::store::document::{Body, Document, Summary, Version};
use crate::store::subject_tag::SubjectTag;

fn previous() -> impl Strategy<Value = Previous> {
    (any::<[u8; 32]>(), any::<Option<[u8; 32]>>(), any::<[u8; 16]>(), any::<bool>(), any::<u64>()).prop_map(
        |(hash, sealed, attempt, settled, grace_until)| Previous {
            hash: TokenHash(hash),
            sealed: sealed.map(SealedSuccessor),
            attempt: Attempt(attempt),
            settled,
            grace_until,
        },
    )
}

fn any_session() -> impl Strategy<Value = LiveSession> {
    let texts = any::<[String; 4]>();
    (any::<[u64; 6]>(), texts, any::<[u8; 32]>(), proptest::option::of(previous())).prop_map(
        |([checked_at, began_at, refreshed_at, idle_until, ends_at, access_until], texts, head, previous)| {
            let [client_id, scope, claims, label] = texts;
            let head = TokenHash(head);
            LiveSession {
                checked_at,
                began_at,
                refreshed_at,
                idle_until,
                ends_at,
                client_id,
                scope,
                claims,
                label,
                head,
                previous,
                access_until,
            }
        },
    )
}

fn any_subject() -> impl Strategy<Value = Subject> {
    let entry = prop_oneof![
        any_session().prop_map(|session| Entry::Live(Box::new(session))),
        any::<u64>().prop_map(|until| Entry::Ended { until })
    ];
    let entries = btree_map(any::<[u8; 16]>().prop_map(SessionId), entry, 0..6);
    let revoked = btree_map((0_u8..8).prop_map(|n| JwtIdHash::new(&n.to_string()).unwrap()), any::<u64>(), 0..6);
    (any::<[String; 2]>(), any::<u64>(), entries, revoked)
        .prop_map(|([issuer, subject], before, entries, revoked)| Subject { issuer, subject, before, entries, revoked })
}

fn document(summary: &[u8], body: &[u8]) -> Document {
    let (summary, body) = (Summary::from_bytes(summary), Body::from_bytes(body));
    Document { version: Version::random().unwrap(), keep_until: 0, summary, body }
}

fn encode(subject: &Subject) -> Document {
    subject.encode(Version::random().unwrap(), &RULES)
}

proptest! {
    #[test]
    fn a_subject_is_read_as_it_was_written(subject in any_subject()) {
        prop_assert_eq!(Subject::decode(&encode(&subject)).unwrap(), subject);
    }

    /// Changed bytes are another subject or an error, and never cause a panic.
    #[test]
    fn changed_bytes_are_another_subject_or_an_error(subject in any_subject(), at: prop::sample::Index, to: u8, of_body: bool) {
        let written = encode(&subject);
        let (mut summary, mut body) = (written.summary.as_bytes().to_vec(), written.body.as_bytes().to_vec());
        let part = if of_body { &mut body } else { &mut summary };
        let at = at.index(part.len());
        prop_assume!(part[at] != to);
        part[at] = to;
        if let Ok(other) = Subject::decode(&document(&summary, &body)) {
            prop_assert_ne!(&other, &subject);
            let again = encode(&other);
            prop_assert_eq!(again.summary.as_bytes(), &summary[..]);
            prop_assert_eq!(again.body.as_bytes(), &body[..]);
        }
    }

    #[test]
    fn shorter_and_longer_bytes_are_an_error(subject in any_subject(), cut in 1_usize..20, of_body: bool, is_longer: bool) {
        let written = encode(&subject);
        let (mut summary, mut body) = (written.summary.as_bytes().to_vec(), written.body.as_bytes().to_vec());
        let part = if of_body { &mut body } else { &mut summary };
        if is_longer { part.extend(std::iter::repeat_n(0, cut)) } else { part.truncate(part.len().saturating_sub(cut)) }
        prop_assert!(Subject::decode(&document(&summary, &body)).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(mut summary in vec(any::<u8>(), 0..200), mut body in vec(any::<u8>(), 0..200), session: Option<[u8; 16]>) {
        for form in [1, 2] {
            for part in [&mut summary, &mut body] {
                part.first_mut().into_iter().for_each(|first| *first = form);
            }
            let document = document(&summary, &body);
            let decoded = Subject::decode(&document);
            prop_assert!(form == 1 || decoded.is_err());
            let _ = Code::decode(&document);
            let token = AccessToken { session: session.map(SessionId), is_ours: true, jwt_id: Some("j"), issued_at: 0 };
            let standing = token.standing(Some(&document.summary));
            prop_assert!(form == 1 || standing.is_err());
        }
    }

    /// The check of the summary's bytes agrees with the parsed subject.
    #[test]
    fn the_summary_and_the_subject_agree_about_a_token(subject in any_subject(), other: [u8; 16]) {
        let summary = encode(&subject).summary;
        let others = [SessionId(other)].into_iter();
        for session in subject.entries.keys().copied().chain(others) {
            for jwt_id in (0..9).map(|n| n.to_string()) {
                let token = AccessToken { session: Some(session), is_ours: true, jwt_id: Some(&jwt_id), issued_at: 0 };
                let is_revoked = subject.revoked.contains_key(&JwtIdHash::new(&jwt_id).unwrap());
                let is_accepted = subject.live(session).is_some() && !is_revoked;
                let standing = token.standing(Some(&summary)).unwrap();
                prop_assert_eq!(standing == crate::records::summary::Standing::Accepted, is_accepted);
            }
        }
    }

    #[test]
    fn a_code_is_read_as_it_was_written(payload: Vec<u8>, expires_at: u64, redeemed: Option<([u8; 16], [u8; 16], u64)>) {
        let redeemed = redeemed.map(|(tag, session, access_until)| {
            Redeemed { tag: SubjectTag(tag), session: SessionId(session), access_until }
        });
        let code = Code { payload, expires_at, redeemed };
        let written = code.encode(Version::random().unwrap(), &RULES);
        prop_assert_eq!(Code::decode(&written).unwrap(), code);
    }
}

#[test]
fn the_order_of_entries_is_part_of_the_form() {
    let mut subject = Subject::new("i", "s");
    subject.entries = BTreeMap::from([1, 2].map(|n| (SessionId([n; 16]), Entry::Ended { until: 7 })));
    let written = encode(&subject);
    let summary = written.summary.as_bytes();
    let swapped = [&summary[..13], &summary[38..63], &summary[13..38], &summary[63..]].concat();
    assert!(Subject::decode(&document(&swapped, written.body.as_bytes())).is_err());
    let doubled = [&summary[..13], &summary[13..38], &summary[13..38], &summary[63..]].concat();
    assert!(Subject::decode(&document(&doubled, written.body.as_bytes())).is_err());
}
