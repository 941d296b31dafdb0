use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use crate::records::begin::Begun;
use crate::records::end::Ending;
use crate::records::names::{Attempt, SealedSuccessor};
use crate::records::refresh::Refreshed;
use crate::records::refresh::{Rotation, TokenUse};
use crate::records::sessions::{Account, Sessions};
use crate::records::summary::{AccessToken, Standing};
use crate::records::tests::faulty::{Fault, Fixture};
use crate::records::tests::{NOW, RULES};
use crate::store::document::{Body, Document, Key, Summary, Version};
use crate::store::memory::MemoryStore;
use crate::store::store_trait::{Safety, Store};

// REL-04, S9
#[tokio::test]
async fn an_effect_runs_to_its_end_if_its_caller_is_dropped() {
    let fixture = Fixture::new(None);
    let token = fixture.begin().await;
    let id = token.session().unwrap();
    let mut call = Box::pin(fixture.sessions.end(fixture.account.tag, id, NOW));
    let is_pending = poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_pending())).await;
    assert!(is_pending && fixture.is_live(&token).await);
    drop(call);
    fixture.soon(async || !fixture.is_live(&token).await).await;
    assert_eq!(fixture.store.replaced.lock().unwrap()[..], [Safety::Usual, Safety::Confirmed]);
}

// STO-02
#[tokio::test]
async fn a_session_ends_in_the_background_if_the_store_failed() {
    let fixture = Fixture::new(None);
    let (one, two) = (fixture.begin().await, fixture.begin().await);
    fixture.plan(&[Fault::Fails]);
    let id = one.session().unwrap();
    assert!(fixture.sessions.end(fixture.account.tag, id, NOW).await.is_err());
    assert!(fixture.is_live(&one).await);
    fixture.soon(async || !fixture.is_live(&one).await).await;
    assert!(fixture.is_live(&two).await);
    // An end that was not confirmed is written again.
    let before = fixture.store.replaced.lock().unwrap().len();
    assert_eq!(fixture.sessions.end(fixture.account.tag, id, NOW).await, Ok(Ending::WasOver));
    assert_eq!(fixture.store.replaced.lock().unwrap()[before..], [Safety::Confirmed]);
}

// STO-09
#[tokio::test]
async fn a_retried_sign_out_everywhere_ends_no_session_that_began_since() {
    let fixture = Fixture::new(None);
    let old = fixture.begin().await;
    fixture.plan(&[Fault::AnswerLost]);
    assert!(fixture.sessions.end_all(&fixture.account, NOW).await.is_err());
    assert!(!fixture.is_live(&old).await);
    let before = fixture.sessions.stale_before(fixture.account.tag).await.unwrap();
    let token = fixture.token();
    assert_eq!(fixture.begin_checked_at(&token, before).await, Ok(Begun::Begun));
    let count = || fixture.store.replaced.lock().unwrap().len();
    let begun = count();
    fixture.soon(async || count() > begun).await;
    assert!(fixture.is_live(&token).await);
    assert_eq!(fixture.sessions.stale_before(fixture.account.tag).await, Ok(before));
}

// S8, STO-05
#[tokio::test]
async fn a_sign_in_without_an_answer_leaves_no_session_even_if_it_arrives_late() {
    let fixture = Fixture::new(None);
    let token = fixture.token();
    // The write arrives after the session was blocked.
    fixture.plan(&[Fault::Held]);
    let error = fixture.try_begin(&token).await.unwrap_err();
    assert!(error.to_string().contains("in time"), "the deadline ends it: {error}");
    assert_eq!(fixture.store.arrived.load(Ordering::SeqCst), 0);
    fixture.soon(async || fixture.store.replaced.lock().unwrap().len() == 1).await;
    fixture.store.let_go.notify_one();
    fixture.soon(async || fixture.store.arrived.load(Ordering::SeqCst) == 1).await;
    assert!(!fixture.is_live(&token).await);
    assert_eq!(fixture.try_begin(&token).await, Ok(Begun::Blocked));
}

// S8, STO-07
#[tokio::test]
async fn a_refresh_without_an_answer_can_be_repeated() {
    let fixture = Fixture::new(None);
    for fault in [Fault::Fails, Fault::AnswerLost, Fault::Late(Duration::from_millis(50))] {
        let token = fixture.begin().await;
        fixture.plan(&[fault]);
        assert!(fixture.refresh(&token).await.is_err(), "{fault:?}");
        let Ok(Refreshed::Successor(next)) = fixture.refresh(&token).await else { panic!("{fault:?}") };
        // If `settle` gets no answer, the client still gets its successor, at the deadline.
        fixture.plan(&[Fault::No, fault]);
        let Ok(Refreshed::Successor(last)) = fixture.refresh(&next).await else { panic!("{fault:?}") };
        assert!(matches!(fixture.refresh(&last).await, Ok(Refreshed::Successor(_))));
        assert!(matches!(fixture.refresh(&next).await, Ok(Refreshed::Reused)));
    }
}

// S14
#[tokio::test]
async fn a_clock_that_is_ahead_removes_no_session() {
    const LONG: u64 = 91 * 24 * 60 * 60;
    for (store, now) in [(NOW + LONG, NOW), (NOW, NOW + LONG)] {
        let fixture = Fixture::new(Some(store));
        let (one, two) = (fixture.begin().await, fixture.begin().await);
        fixture.sessions.end(fixture.account.tag, one.session().unwrap(), now).await.unwrap();
        fixture.sessions.end(fixture.account.tag, two.session().unwrap(), now).await.unwrap();
        let document = fixture.store.inner.read(&Key::subject(fixture.account.tag)).await.unwrap().document.unwrap();
        let subject = crate::records::subject::Subject::decode(&document).unwrap();
        assert_eq!(subject.entries.len(), 2, "{store} {now}");
    }
}

// REF-02
#[tokio::test]
async fn a_request_that_has_seen_the_token_usable_ends_no_session() {
    let fixture = Fixture::new(None);
    let token = fixture.begin().await;
    let session = token.session().unwrap();
    let used = |n: u8, was_usable| TokenUse {
        session,
        presented: token.changing.hash().unwrap(),
        attempt: Attempt([n; 16]),
        next: fixture.token().changing.hash().unwrap(),
        sealed: SealedSuccessor([n; 32]),
        grace: 0,
        idle: 100,
        access_until: NOW,
        was_usable,
    };
    let tag = fixture.account.tag;
    let rotate = async |n, was_usable| fixture.sessions.rotate(tag, used(n, was_usable), NOW).await.unwrap();
    // Both read the same document. The second write fails, so the second request reads again.
    let (one, two) = tokio::join!(rotate(1, false), rotate(2, false));
    assert!(matches!(
        (one, two),
        (Rotation::Rotated, Rotation::TakenOver(_)) | (Rotation::TakenOver(_), Rotation::Rotated)
    ));
    let owner = if one == Rotation::Rotated { 2 } else { 1 };
    fixture.sessions.settle(tag, session, Attempt([owner; 16]), NOW).await.unwrap();
    assert_eq!(rotate(3, true).await, Rotation::Overtaken);
    assert!(fixture.is_live(&token).await);
    assert_eq!(rotate(4, false).await, Rotation::Reused);
}

// STO-02, REF-01
#[tokio::test]
async fn a_reused_token_ends_its_session_in_the_background_if_the_store_fails() {
    let fixture = Fixture::new(None);
    let token = fixture.begin().await;
    let Ok(Refreshed::Successor(next)) = fixture.refresh(&token).await else { panic!("it is used once") };
    fixture.plan(&[Fault::Fails]);
    assert!(fixture.refresh(&token).await.is_err());
    assert!(fixture.is_live(&next).await);
    fixture.soon(async || !fixture.is_live(&next).await).await;
}

// REV-06: a store keeps room for sign-outs, which failed sign-ins must not use up.
#[tokio::test]
async fn the_session_of_a_failed_sign_in_is_blocked_by_a_usual_write() {
    let fixture = Fixture::new(None);
    let token = fixture.token();
    fixture.plan(&[Fault::Fails]);
    assert!(fixture.try_begin(&token).await.is_err());
    let written = || fixture.store.replaced.lock().unwrap().clone();
    fixture.soon(async || !written().is_empty()).await;
    assert_eq!(written(), [Safety::Usual]);
    assert_eq!(fixture.try_begin(&token).await, Ok(Begun::Blocked));
}

// STO-02
#[tokio::test]
async fn many_failed_sign_ins_leave_room_for_the_retry_of_a_sign_out() {
    let fixture = Fixture::new(None);
    let token = fixture.begin().await;
    for _ in 0..100 {
        fixture.plan(&[Fault::Fails]);
        assert!(fixture.try_begin(&fixture.token()).await.is_err());
    }
    fixture.plan(&[Fault::Fails]);
    assert!(fixture.sessions.end(fixture.account.tag, token.session().unwrap(), NOW).await.is_err());
    fixture.soon(async || !fixture.is_live(&token).await).await;
}

// REV-08
#[tokio::test]
async fn a_cached_summary_that_cannot_be_read_is_read_again() {
    let store = Arc::new(MemoryStore::new());
    let shared: Arc<dyn Store> = store.clone();
    let sessions =
        Sessions::new(shared, Duration::from_secs(1), 60, RULES, Arc::new(|| 0), crate::observer::Observed::default());
    let account = Account::new("issuer", "7").unwrap();
    let (key, version) = (Key::subject(account.tag), Version::random().unwrap());
    let (summary, body) = (Summary::from_bytes([9]), Body::from_bytes([9]));
    let unreadable = Document { version, keep_until: u64::MAX, summary, body };
    assert_eq!(store.replace_now(&key, None, Some(unreadable), Safety::Usual), Ok(true));
    let token = AccessToken { session: None, is_ours: true, jwt_id: Some("j"), issued_at: NOW };
    assert!(sessions.standing(account.tag, &token, NOW).await.is_err());
    assert_eq!(store.replace_now(&key, Some(version), None, Safety::Usual), Ok(true));
    assert_eq!(sessions.standing(account.tag, &token, NOW).await, Ok(Standing::Accepted));
}
