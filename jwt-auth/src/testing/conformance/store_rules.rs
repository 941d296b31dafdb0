//! Tests of the rules for a single document, whatever it contains.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crate::store::document::{Body, Document, Key, Summary, Version};
use crate::store::store_trait::{Safety, Store};
use crate::testing::conformance::handles::{Handles, now, ok, random};

type Shared = Arc<dyn Store>;

fn key() -> Key {
    let found = Key::from_bytes(&random::<17>());
    found.unwrap_or_else(|| panic!("17 bytes"))
}

fn document(body: &[u8]) -> Document {
    Document {
        version: ok(Version::random()),
        keep_until: now() + 1_000,
        summary: Summary::from_bytes(&body[..body.len() / 2]),
        body: Body::from_bytes(body),
    }
}

async fn read(store: &Shared, key: &Key) -> Option<Document> {
    ok(store.read(key).await).document
}

async fn replace(store: &Shared, key: &Key, expected: Option<&Document>, new: Option<&Document>) -> bool {
    let expected = expected.map(|document| document.version);
    ok(store.replace(key, expected, new.cloned(), Safety::Usual).await)
}

async fn reads_as(handles: &Handles, key: &Key, document: Option<&Document>) {
    for handle in handles {
        assert_eq!(read(handle, key).await.as_ref(), document);
        let summary = ok(handle.read_summary(key).await);
        assert_eq!(summary.as_ref(), document.map(|document| &document.summary));
        assert!(handle.summary_at_once(key).is_none_or(|at_once| at_once == summary), "two answers to one question");
    }
}

pub async fn a_document_is_replaced_if_its_version_is_as_expected(handles: Handles) {
    let (store, key) = (&handles[0], key());
    let [one, two, other] = [b"one", b"two", b"six"].map(|body| document(body));
    reads_as(&handles, &key, None).await;
    assert!(!replace(store, &key, Some(&one), Some(&two)).await, "there is none");
    assert!(!replace(store, &key, Some(&one), None).await || read(store, &key).await.is_none());
    for _ in 0..2 {
        assert!(replace(store, &key, None, Some(&one)).await, "once more when it is sent twice");
        reads_as(&handles, &key, Some(&one)).await;
    }
    for expected in [None, Some(&other)] {
        assert!(!replace(store, &key, expected, Some(&two)).await, "another version");
        assert!(!replace(store, &key, expected, None).await, "another version");
        reads_as(&handles, &key, Some(&one)).await;
    }
    for _ in 0..2 {
        assert!(replace(store, &key, Some(&one), Some(&two)).await);
        reads_as(&handles, &key, Some(&two)).await;
    }
    let confirmed = store.replace(&key, Some(two.version), Some(other.clone()), Safety::Confirmed).await;
    assert!(ok(confirmed));
    reads_as(&handles, &key, Some(&other)).await;
    for _ in 0..2 {
        assert!(replace(store, &key, Some(&other), None).await);
        reads_as(&handles, &key, None).await;
    }
    assert!(replace(store, &key, None, Some(&one)).await);
    reads_as(&handles, &key, Some(&one)).await;
}

pub async fn concurrent_increments_are_not_lost(handles: Handles) {
    const TASKS: u32 = 64;
    const EACH: u32 = 16;
    let key = key();
    let count = |document: &Document| {
        let bytes = document.body.as_bytes().first_chunk().copied();
        u32::from_be_bytes(bytes.unwrap_or_else(|| panic!("a number")))
    };
    let increment = |store: Shared| async move {
        for _ in 0..EACH {
            loop {
                let old = read(&store, &key).await;
                let new = document(&(old.as_ref().map_or(0, count) + 1).to_be_bytes());
                if replace(&store, &key, old.as_ref(), Some(&new)).await {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(u64::from(random::<1>()[0] % 16))).await;
            }
        }
    };
    let all: Vec<_> = (0..TASKS).map(|n| tokio::spawn(increment(Arc::clone(&handles[n as usize % 2])))).collect();
    for one in all {
        ok(one.await);
    }
    let total = read(&handles[0], &key).await.as_ref().map_or(0, count);
    assert_eq!(total, TASKS * EACH);
}

pub async fn a_replacement_is_visible_at_once_through_another_handle(handles: Handles) {
    let (key, mut old) = (key(), None);
    for n in 0..100_u8 {
        let new = document(&[n; 40]);
        assert!(replace(&handles[usize::from(n) % 2], &key, old.as_ref(), Some(&new)).await);
        let other = &handles[usize::from(n + 1) % 2];
        assert_eq!(ok(other.read_summary(&key).await), Some(new.summary.clone()));
        assert_eq!(read(other, &key).await.as_ref(), Some(&new));
        old = Some(new);
    }
}

pub async fn no_two_keys_share_a_document(handles: Handles) {
    let base = random::<17>();
    let change = |at: usize, to: u8| {
        let mut bytes = base;
        bytes[at] = to;
        ok(Key::from_bytes(&bytes).ok_or("17 bytes"))
    };
    // Keys that differ in one byte, some with zeros and with characters that are special in a database.
    let mut keys: Vec<Key> = [0, b'*', b'{', b'}', b'%', b'\'', 0xff].into_iter().map(|byte| change(9, byte)).collect();
    keys.extend([0, 1, 2, b'A', b'a', b' '].map(|byte| change(16, byte)));
    keys.extend([b's', b'c', b'j'].map(|byte| change(0, byte)));
    keys.sort_unstable();
    keys.dedup();
    let written: Vec<(Key, Document)> = keys.into_iter().map(|key| (key, document(key.as_bytes()))).collect();
    for (key, document) in &written {
        assert!(replace(&handles[0], key, None, Some(document)).await);
    }
    for (key, document) in &written {
        reads_as(&handles, key, Some(document)).await;
    }
}

pub async fn bytes_come_back_unchanged(handles: Handles) {
    let every: Vec<u8> = (0..=255).collect();
    let large: Vec<u8> = every.iter().copied().cycle().take(64 * 1024).collect();
    for (summary, body) in [(&b""[..], &b""[..]), (&every, b""), (b"", &every), (&every, &large), (&large, &every)] {
        let (key, keep_until) = (key(), (now() + 1_000_000) / 86_400 * 86_400);
        let (summary, body) = (Summary::from_bytes(summary), Body::from_bytes(body));
        let document = Document { version: ok(Version::random()), keep_until, summary, body };
        assert!(replace(&handles[0], &key, None, Some(&document)).await);
        reads_as(&handles, &key, Some(&document)).await;
    }
}

/// Polls at most `times` times. `None` if the future is still waiting.
async fn polled<F: Future + ?Sized>(mut future: Pin<&mut F>, times: usize) -> Option<F::Output> {
    for _ in 0..times {
        if let Poll::Ready(output) = poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await {
            return Some(output);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    None
}

pub async fn a_call_that_is_dropped_leaves_the_old_or_the_new_document(handles: Handles) {
    for times in 0..12 {
        let key = key();
        let [old, new] = [b"old old", b"new new"].map(|body| document(body));
        assert!(replace(&handles[0], &key, None, Some(&old)).await);
        let mut call = handles[0].replace(&key, Some(old.version), Some(new.clone()), Safety::Usual);
        let answer = polled(call.as_mut(), times).await;
        drop(call);
        let answer = answer.map(ok);
        let next = document(b"next");
        // The dropped call may still arrive between the read and the write, but only once.
        for _ in 0..2 {
            let is = read(&handles[1], &key).await;
            let is_new = is.as_ref() == Some(&new);
            assert!(is_new || is.as_ref() == Some(&old), "the old document or the new one: {is:?}");
            assert!(answer.is_none_or(|answer| answer == is_new), "the answer is true");
            if replace(&handles[0], &key, is.as_ref(), Some(&next)).await {
                break;
            }
        }
        reads_as(&handles, &key, Some(&next)).await;
    }
}

pub async fn a_call_that_arrives_late_changes_nothing(handles: Handles) {
    for times in 0..6 {
        let key = key();
        let [old, late, other] = [b"old old", b"too lat", b"the new"].map(|body| document(body));
        assert!(replace(&handles[0], &key, None, Some(&old)).await);
        let mut call = handles[0].replace(&key, Some(old.version), Some(late.clone()), Safety::Usual);
        let early = polled(call.as_mut(), times).await;
        let is_replaced = replace(&handles[1], &key, Some(&old), Some(&other)).await;
        let is_late = match early {
            Some(answer) => ok(answer),
            None => ok(call.await),
        };
        assert!(is_late != is_replaced, "exactly one of the two replaced it");
        reads_as(&handles, &key, Some(if is_late { &late } else { &other })).await;
    }
}

pub async fn a_document_is_kept_until_it_may_be_deleted(handles: Handles) {
    // One case is an hour after `keep_until`: a store may not delete a needed document even if its clock is almost a day ahead.
    for keep_until in [now() - 3_600, now(), now() + 3_600, u64::MAX / 2] {
        let (key, one) = (key(), Document { keep_until, ..document(b"kept") });
        assert!(replace(&handles[0], &key, None, Some(&one)).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
        reads_as(&handles, &key, Some(&one)).await;
    }
}
