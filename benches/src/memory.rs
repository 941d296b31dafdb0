//! How much memory does a user with a revoked token take in a `MemoryStore`? Does a look-up become slower with more of them?

use std::hint::black_box;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use jwt_auth::{
    MemoryStore,
    store::{Body, Document, Key, Safety, Store, StoreFuture, Summary, Version},
};

use crate::harness::{Samples, interleaved, mixed, thread_time};
use crate::plot::Bars;
use crate::report::{Report, grouped};

const SIZES: [u64; 4] = [1, 1_000, 100_000, 1_000_000];
const ROUNDS: usize = 60;
/// The number of look-ups in one sample, each of another user. With a million users, the processor's caches cannot hold all.
const CHECKS: u64 = 20_000;
/// The number of look-ups that are timed together.
const BATCH: usize = 200;
/// The sizes in bytes of the summary and the body for a user with one revoked token and no session.
const SIZE: [usize; 2] = [41, 60];

pub(crate) fn report() -> Report {
    let stores: Vec<MemoryStore> = SIZES.iter().map(|size| filled(*size)).collect();
    // The look-ups are in random order, like those of real users.
    let strangers: Vec<Key> = (0..CHECKS).map(|n| key(u64::MAX - n)).collect();
    let known: Vec<Vec<Key>> = SIZES.iter().map(|size| (0..CHECKS).map(|n| key(mixed(n) % size)).collect()).collect();
    // Measured separately: nearly all real look-ups are of users without a revoked token, and looking up the others would push
    // their data out of the processor's caches.
    let absent = interleaved(SIZES.len(), ROUNDS, |at, samples| samples.push(check(&stores[at], &strangers, false)));
    let there = interleaved(SIZES.len(), ROUNDS, |at, samples| samples.push(check(&stores[at], &known[at], true)));
    let allocations = allocation_counter::measure(|| {
        black_box(is_there(&stores[0], &known[0][0]));
    });
    let one = absent[0].median();
    let ratio = |samples: &Samples| samples.median() / one;
    let rows = SIZES.iter().enumerate().map(|(at, size)| {
        let [absent, there] = [&absent, &there].map(|samples| format!("{:.2}", ratio(&samples[at])));
        vec![grouped(*size), absent, there, bytes(*size)]
    });
    let bars = SIZES
        .iter()
        .zip(&absent)
        .map(|(size, samples)| (format!("{} users", grouped(*size)), ratio(samples), format!("{:.2}", ratio(samples))));
    Report {
        header: vec!["users with a revoked token", "look-up of another user", "look-up of one of them", "bytes a user"],
        rows: rows.collect(),
        plot: Bars {
            title: "MemoryStore: a look-up of another user, against that with 1 user".into(),
            bars: bars.collect(),
        },
        note: format!(
            "1.00 is {one:.0} ns of CPU in this run, at the least {:.0}; a look-up makes {} allocations",
            absent[0].min(),
            allocations.count_total
        ),
    }
}

/// The time of one look-up, in nanoseconds.
fn check(store: &MemoryStore, keys: &[Key], expected: bool) -> f64 {
    let mut took = Duration::ZERO;
    for batch in keys.chunks(BATCH) {
        // Data that was just read from a socket is in the fastest cache of the processor, so the keys are read first.
        black_box(batch.iter().map(|key| key.as_bytes()[1]).max());
        let began = thread_time();
        for key in batch {
            assert_eq!(black_box(is_there(store, key)), expected);
        }
        took += thread_time() - began;
    }
    took.as_nanos() as f64 / keys.len() as f64
}

/// A store with this many users who have a revoked token.
pub(crate) fn filled(size: u64) -> MemoryStore {
    // The store reserves a quarter of its room for sign-outs.
    let store = MemoryStore::with_capacity(2_000_000);
    for n in 0..size {
        at_once(store.replace(&key(n), None, Some(document(n)), Safety::Usual)).expect("room");
    }
    store
}

/// A document as large as that of a user with one revoked token.
pub(crate) fn document(n: u64) -> Document {
    let [summary, body] = SIZE.map(|size| vec![1_u8; size]);
    let version = Version::from_bytes(&key(n).as_bytes()[1..]).expect("16 bytes");
    Document { version, keep_until: u64::MAX, summary: Summary::from_bytes(summary), body: Body::from_bytes(body) }
}

fn is_there(store: &MemoryStore, key: &Key) -> bool {
    store.summary_at_once(key).expect("an answer at hand").is_some()
}

/// The allocated bytes per user.
fn bytes(size: u64) -> String {
    let mut store = None;
    let allocated = allocation_counter::measure(|| store = Some(filled(size)));
    drop(store);
    format!("{:.0}", allocated.bytes_current as f64 / size as f64)
}

/// The answer of a store in memory, which is ready at the first poll.
fn at_once<T>(mut answer: StoreFuture<'_, T>) -> Result<T, jwt_auth::StoreError> {
    match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("the answer is there at once"),
    }
}

/// The key of a user's document: a kind and a hash.
pub(crate) fn key(n: u64) -> Key {
    let hash = [mixed(n), mixed(!n)].map(u64::to_be_bytes).concat();
    Key::from_bytes(&[&b"s"[..], &hash].concat()).expect("17 bytes")
}
