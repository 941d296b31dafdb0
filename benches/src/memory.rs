//! What a revocation takes in a `MemoryStore`, and whether a check is slower the more there are.

use std::hint::black_box;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use jwt_auth::{MemoryStore, Revocation, Store, StoreFuture, TokenRef};

use crate::harness::{Samples, interleaved, mixed, thread_time};
use crate::plot::Bars;
use crate::report::{Report, grouped};
use crate::router::ISSUER;

const SIZES: [u64; 4] = [1, 1_000, 100_000, 1_000_000];
const ROUNDS: usize = 60;
/// Checks in one sample. As many different tokens, so that at a million the processor's caches do not hold all of it.
const CHECKS: u64 = 20_000;
/// Checks between two looks at the clock.
const BATCH: usize = 200;
const NOW: u64 = 1_800_000_000;

pub(crate) fn report() -> Report {
    let stores: Vec<MemoryStore> = SIZES.iter().map(|size| filled(*size)).collect();
    // Asked about in the order of a shuffle, as users come.
    let strangers: Vec<String> = (0..CHECKS).map(|n| jwt_id(u64::MAX - n)).collect();
    let revoked: Vec<Vec<String>> =
        SIZES.iter().map(|size| (0..CHECKS).map(|n| jwt_id(mixed(n) % size)).collect()).collect();
    // Apart, since nearly all tokens that come are good: who looks up the revoked ones empties the processor's caches.
    let good = interleaved(SIZES.len(), ROUNDS, |at, samples| samples.push(check(&stores[at], &strangers, false)));
    let bad = interleaved(SIZES.len(), ROUNDS, |at, samples| samples.push(check(&stores[at], &revoked[at], true)));
    let allocations = allocation_counter::measure(|| {
        black_box(is_revoked(&stores[0], &strangers[0]));
    });
    let began = thread_time();
    let last = Revocation::Token { issuer: ISSUER, jwt_id: "last", until: NOW + 3_600 };
    at_once(stores[3].revoke(&[last], NOW + 61)).expect("room");
    let swept = thread_time() - began;
    let one = good[0].median();
    let ratio = |samples: &Samples| samples.median() / one;
    let rows = SIZES.iter().enumerate().map(|(at, size)| {
        let [good, bad] = [&good, &bad].map(|samples| format!("{:.2}", ratio(&samples[at])));
        vec![grouped(*size), good, bad, bytes(*size)]
    });
    let bars = SIZES.iter().zip(&good).map(|(size, samples)| {
        (format!("{} revocations", grouped(*size)), ratio(samples), format!("{:.2}", ratio(samples)))
    });
    Report {
        header: vec!["live revocations", "check of a good token", "check of a revoked one", "bytes a revocation"],
        rows: rows.collect(),
        plot: Bars { title: "MemoryStore: a check, against that with 1 revocation".into(), bars: bars.collect() },
        note: format!(
            "1.00 is {one:.0} ns of CPU in this run, at the least {:.0}; a check makes {} allocations; \
             a revocation that looks through a million for what has expired takes {swept:?}",
            good[0].min(),
            allocations.count_total
        ),
    }
}

/// What one check takes, in nanoseconds.
fn check(store: &MemoryStore, tokens: &[String], expected: bool) -> f64 {
    let mut took = Duration::ZERO;
    for batch in tokens.chunks(BATCH) {
        // What was just read from a socket is in the nearest cache.
        black_box(batch.iter().map(|jwt_id| jwt_id.as_bytes()[0]).max());
        let began = thread_time();
        for jwt_id in batch {
            assert_eq!(black_box(is_revoked(store, jwt_id)), expected);
        }
        took += thread_time() - began;
    }
    took.as_nanos() as f64 / tokens.len() as f64
}

/// With so many revoked tokens of the issuer of all benchmarks.
pub(crate) fn filled(size: u64) -> MemoryStore {
    let store = MemoryStore::with_capacity(2_000_000);
    for n in 0..size {
        let revocation = Revocation::Token { issuer: ISSUER, jwt_id: &jwt_id(n), until: NOW + 3_600 };
        at_once(store.revoke(&[revocation], NOW)).expect("room");
    }
    store
}

fn is_revoked(store: &MemoryStore, jwt_id: &str) -> bool {
    let token = TokenRef { issuer: ISSUER, jwt_id, session: None, subject: "7", issued_at: NOW };
    store.is_revoked_at_once(token, NOW).expect("an answer at hand")
}

/// What the allocator was asked for, by revocation.
fn bytes(size: u64) -> String {
    let mut store = None;
    let allocated = allocation_counter::measure(|| store = Some(filled(size)));
    drop(store);
    format!("{:.0}", allocated.bytes_current as f64 / size as f64)
}

/// A store in memory answers when it is first asked.
fn at_once<T>(mut answer: StoreFuture<'_, T>) -> Result<T, jwt_auth::StoreError> {
    match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("the answer is there at once"),
    }
}

/// As long as those that are issued, and as different.
fn jwt_id(n: u64) -> String {
    format!("{:016x}{:06x}", mixed(n), mixed(!n) >> 40)
}
