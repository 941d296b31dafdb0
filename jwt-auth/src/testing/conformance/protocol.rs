//! Tests of the whole session protocol on a store. After each effect they check what another instance sees.

use std::sync::Arc;
use std::time::Duration;

use crate::records::begin::Begun;
use crate::records::begin::NewSession;
use crate::records::end::{EndedToken, Ending, RevokedToken};
use crate::records::names::JwtIdHash;
use crate::records::refresh::{Refreshed, Refreshing};
use crate::records::refresh_token::RefreshToken;
use crate::records::summary::Standing;
use crate::store::document::Key;
use crate::testing::conformance::handles::{Handles, ok};
use crate::testing::conformance::service::{APART, Service};

fn same(one: &RefreshToken, other: &RefreshToken) -> bool {
    *one.text() == *other.text()
}

// SES-02, STO-01: 10,000 refreshes on a store in this process, and 300 on others, because 10,000 would take minutes there.
// `JWT_AUTH_REFRESHES` sets another number.
pub async fn a_session_is_one_document_however_often_it_is_refreshed(handles: Handles) {
    let service = Service::new(handles);
    let key = Key::subject(service.tag());
    let default = if service.store.summary_at_once(&key).is_some() { 10_000 } else { 300 };
    let asked = std::env::var("JWT_AUTH_REFRESHES").ok().and_then(|text| text.parse().ok());
    let first = service.begin().await;
    let mut token = service.next(&service.next(&first, 0).await, 0).await;
    let size = |reading: crate::store::store_trait::Reading| {
        reading.document.map(|document| document.body.as_bytes().len() + document.summary.as_bytes().len())
    };
    let before = size(ok(service.store.read(&key).await));
    for _ in 0..asked.unwrap_or(default) {
        token = service.next(&token, 0).await;
    }
    assert_eq!(size(ok(service.store.read(&key).await)), before, "it does not grow");
    assert!(matches!(service.refresh(&first, 0).await, Refreshed::Reused), "however old");
    service.has_ended(&token).await;
}

// REF-01
pub async fn an_old_token_of_any_age_ends_the_session(handles: Handles) {
    let service = Service::new(handles);
    for age in [1, 2, 5] {
        let old = service.begin().await;
        let mut token = old.clone();
        for _ in 0..age {
            token = service.next(&token, 0).await;
        }
        assert_eq!(service.standing(&token).await, Standing::Accepted);
        assert!(matches!(service.refresh(&old, 0).await, Refreshed::Reused), "age {age}");
        service.has_ended(&token).await;
        service.has_ended(&old).await;
    }
    // A token of the same family that was never issued counts as an old one. A token of another family ends nothing.
    let token = service.begin().await;
    let stranger = ok(RefreshToken::random(service.tag()));
    assert!(matches!(service.refresh(&stranger, 0).await, Refreshed::Unknown));
    assert_eq!(service.standing(&token).await, Standing::Accepted);
    let made_up = token.with_changing(stranger.changing);
    assert!(matches!(service.refresh(&made_up, 0).await, Refreshed::Reused));
}

// STO-07
pub async fn a_use_that_was_not_answered_gives_the_same_successor(handles: Handles) {
    let service = Service::new(handles);
    let token = service.begin().await;
    let lost = token.with_changing(service.unanswered(&token).await);
    let next = service.next(&token, 0).await;
    assert!(same(&next, &lost), "the successor of the use that was not answered");
    service.next(&next, 0).await;
    assert!(matches!(service.refresh(&token, 0).await, Refreshed::Reused), "until it is used");
}

// REF-11
pub async fn the_grace_gives_the_same_successor(handles: Handles) {
    let service = Service::new(handles);
    let token = service.begin().await;
    let next = service.next(&token, 30).await;
    for _ in 0..3 {
        assert!(same(&service.next(&token, 30).await, &next));
    }
    service.next(&next, 30).await;
    assert!(matches!(service.refresh(&token, 30).await, Refreshed::Reused), "S13");
}

// REF-02
pub async fn one_of_many_concurrent_uses_is_answered(handles: Handles) {
    let service = Arc::new(Service::new(handles));
    for _ in 0..3 {
        let token = service.begin().await;
        let found = ok(ok(service.here.find(&token, service.now).await).ok_or("a session"));
        let how = Refreshing { grace: 0, idle: 1_000, access_until: service.now + 600 };
        let all: Vec<_> = (0..16)
            .map(|n| {
                let (service, token, found) = (Arc::clone(&service), token.clone(), found.clone());
                tokio::spawn(async move {
                    let instance = if n % 2 == 0 { &service.here } else { &service.there };
                    ok(instance.refresh(&token, &found, &ok(token.successor()), how, service.now).await)
                })
            })
            .collect();
        let mut answered = Vec::new();
        for one in all {
            match ok(one.await) {
                Refreshed::Successor(next) => answered.push(next),
                Refreshed::TryAgain => {}
                other => panic!("nothing ends by a race: {other:?}"),
            }
        }
        assert_eq!(answered.len(), 1, "one of 16 is answered");
        assert_eq!(service.standing(&token).await, Standing::Accepted);
        for next in answered {
            service.next(&next, 0).await;
        }
    }
}

// REF-05, REV-03, SES-01
pub async fn a_sign_out_ends_one_session_of_three_on_every_instance(handles: Handles) {
    let service = Service::new(handles);
    let (one, two, three) = (service.begin().await, service.begin().await, service.begin().await);
    let id = ok(two.session());
    for ending in [Ending::Ended, Ending::WasOver] {
        assert_eq!(ok(service.here.end(service.tag(), id, service.now).await), ending);
        service.has_ended(&two).await;
    }
    for other in [&one, &three] {
        assert_eq!(service.standing(other).await, Standing::Accepted);
        service.next(other, 0).await;
    }
    let listed = ok(service.there.list(service.tag(), service.now).await);
    let mut ids = [ok(one.session()), ok(three.session())];
    ids.sort_unstable_by(|one, other| other.cmp(one));
    assert_eq!(listed.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids);
    assert!(listed.iter().all(|(_, session)| session.client_id == "web" && session.label == "a browser"));
}

// REV-07, STO-09
pub async fn a_sign_out_everywhere_holds_on_every_clock(handles: Handles) {
    for ahead in [0, APART] {
        let service = Service::new([Arc::clone(&handles[0]), Arc::clone(&handles[1])]);
        let (token, plain) = (service.begin().await, service.now + 2 * ahead);
        let began = std::time::Instant::now();
        ok(service.here.end_all(&service.account, service.now + ahead).await);
        assert!(began.elapsed() < Duration::from_secs(10), "it does not wait for a second to pass");
        service.has_ended(&token).await;
        assert_eq!(service.standing_of(None, "j", plain).await, Standing::SignedOutEverywhere);
        let before = ok(service.there.stale_before(service.tag()).await);
        assert!(before > service.now + ahead + APART);
        assert_eq!(service.standing_of(None, "j", before).await, Standing::Accepted);
        let late = ok(RefreshToken::random(service.tag()));
        for (checked_at, begun) in [(before - 1, Begun::Stale(before)), (before, Begun::Begun)] {
            let new = NewSession { checked_at, ..service.new_session() };
            assert_eq!(ok(service.there.begin(&service.account, &late, new, service.now).await), begun);
        }
        ok(service.there.end_all(&service.account, service.now).await);
        assert_eq!(ok(service.there.stale_before(service.tag()).await), before + 1, "it grows");
    }
}

// REV-01
pub async fn one_access_token_is_revoked(handles: Handles) {
    let service = Service::new(handles);
    let token = service.begin().await;
    let session = Some(ok(token.session()));
    let jwt_id = ok(JwtIdHash::new("revoked"));
    let token_alone = RevokedToken { jwt_id, expires_at: service.now + 600, issued_at: service.now };
    let revoked = EndedToken { account: service.account.clone(), token: token_alone, session: None, is_ours: true };
    for _ in 0..2 {
        ok(service.here.end_tokens(vec![revoked.clone()], service.now).await);
        assert_eq!(service.standing_of(session, "revoked", service.now).await, Standing::Revoked);
        assert_eq!(service.standing_of(session, "other", service.now).await, Standing::Accepted);
    }
    service.next(&token, 0).await;
}

pub async fn a_sign_in_takes_the_place_of_a_session(handles: Handles) {
    let service = Service::new(handles);
    let (old, new) = (service.begin().await, ok(RefreshToken::random(service.tag())));
    let replaces = vec![service.ended(&old)];
    let with = NewSession { replaces, ..service.new_session() };
    assert_eq!(ok(service.here.begin(&service.account, &new, with, service.now).await), Begun::Begun);
    service.has_ended(&old).await;
    assert_eq!(service.standing(&new).await, Standing::Accepted);
}
