//! The time of a call in a store with many documents, compared with a store with few.

use std::path::PathBuf;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use jwt_auth::{
    StoreError,
    store::{Document, Safety, Store, StoreFuture},
};

use super::fill::{self, document, key};
use super::{Filled, SMALL, large};
use crate::harness::{Samples, interleaved, mixed};
use crate::plot::Bars;
use crate::report::{Report, grouped};

const ROUNDS: usize = 60;
/// The number of calls in one sample.
const CALLS: usize = 50;
/// The number of documents that fit into the memory of Redis and of this process.
const LARGE_IN_MEMORY: u64 = 1_000_000;
const CHECK: usize = 0;
const REFRESH: usize = 1;
const ENDING: usize = 2;
const SIGN_IN: usize = 3;

/// The answer of a store in memory, which is ready at the first poll.
pub(crate) fn at_once<T>(mut answer: StoreFuture<'_, T>) -> Result<T, StoreError> {
    match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("the answer is there at once"),
    }
}

/// The file of a database. Dropping it removes the file.
pub(crate) struct File(pub(crate) PathBuf);

impl File {
    pub(crate) fn new(name: &str) -> Self {
        let file = Self(std::env::temp_dir().join(format!("jwt-auth-many-{name}-{}.db", std::process::id())));
        file.remove();
        file
    }

    fn remove(&self) {
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{ending}", self.0.display()));
        }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.remove();
    }
}

async fn replaced(store: &dyn Store, n: u64, filled: &Filled, safety: Safety) {
    let key = &filled.keys[usize::try_from(n).unwrap_or_default() % filled.keys.len()];
    let old = store.read(key).await.expect("an answer").document.expect("it is there");
    let new = Document { keep_until: old.keep_until, ..document(mixed(n)) };
    assert_eq!(store.replace(key, Some(old.version), Some(new), safety).await, Ok(true));
}

/// The time of one call of this kind, in nanoseconds.
async fn call(filled: &Filled, kind: usize, n: u64) -> f64 {
    let store = &*filled.store;
    let began = Instant::now();
    match kind {
        CHECK => {
            let key = &filled.keys[usize::try_from(n).unwrap_or_default() % filled.keys.len()];
            let summary = match store.summary_at_once(key) {
                Some(summary) => summary,
                None => store.read_summary(key).await.expect("an answer"),
            };
            assert!(summary.is_some());
        }
        REFRESH => replaced(store, n, filled, Safety::Usual).await,
        ENDING => replaced(store, n, filled, Safety::Confirmed).await,
        _ => {
            let fresh = mixed(u64::MAX - n);
            assert_eq!(store.replace(&key(fresh), None, Some(document(fresh)), Safety::Usual).await, Ok(true));
        }
    }
    began.elapsed().as_nanos() as f64
}

/// The ratios of the large store to the small one, and a line with the times in nanoseconds.
fn compared(runtime: &tokio::runtime::Runtime, name: &'static str, both: &[Filled; 2]) -> (Vec<String>, f64, String) {
    let mut numbers = 0_u64;
    let samples: Vec<Samples> = interleaved(8, ROUNDS, |case, samples| {
        let (filled, kind) = (&both[case % 2], case / 2);
        runtime.block_on(async {
            for _ in 0..CALLS {
                numbers += 1;
                samples.push(call(filled, kind, mixed(numbers) >> 8).await);
            }
        });
    });
    let median = |kind: usize, which: usize| samples[kind * 2 + which].median();
    let ratio = |kind: usize| median(kind, 1) / median(kind, 0);
    let ratios = [CHECK, REFRESH, ENDING, SIGN_IN].map(ratio);
    let mut row = vec![name.to_owned(), grouped(both[1].count)];
    row.extend(ratios.iter().map(|ratio| format!("{ratio:.2}")));
    row.push(format!("{:.0}", both[1].bytes));
    let times = [CHECK, REFRESH, ENDING, SIGN_IN]
        .map(|kind| format!("{:.1} and {:.1} us", median(kind, 0) / 1_000.0, median(kind, 1) / 1_000.0));
    (row, ratios[CHECK], format!("{name}: check, refresh, ending, sign-in take {}", times.join("; ")))
}

pub(crate) fn report() -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut answers = Vec::new();
    let in_memory = large().min(LARGE_IN_MEMORY);
    let both = [fill::memory(SMALL), fill::memory(in_memory)];
    answers.push(compared(&runtime, "memory", &both));
    drop(both);
    let both = [runtime.block_on(fill::redis(SMALL)), runtime.block_on(fill::redis(in_memory))];
    answers.push(compared(&runtime, "Redis", &both));
    drop(both);
    let files = [File::new("few"), File::new("many")];
    let [few, many] = [(&files[0], SMALL), (&files[1], large())].map(|(file, count)| {
        let began = Instant::now();
        let filled = runtime.block_on(fill::sqlite(&file.0, count)).0;
        println!("SQLite is filled with {} after {:?}", grouped(count), began.elapsed());
        filled
    });
    answers.push(compared(&runtime, "SQLite", &[few, many]));
    drop(files);
    let [few, many] = [SMALL, large()].map(|count| {
        let began = Instant::now();
        let filled = runtime.block_on(fill::postgres(count)).0;
        println!("PostgreSQL is filled with {} after {:?}", grouped(count), began.elapsed());
        filled
    });
    answers.push(compared(&runtime, "PostgreSQL", &[few, many]));
    let notes: Vec<&str> = answers.iter().map(|(_, _, note)| note.as_str()).collect();
    Report {
        header: vec!["store", "documents", "check", "refresh", "ending", "sign-in", "bytes a session"],
        rows: answers.iter().map(|(row, ..)| row.clone()).collect(),
        plot: Bars {
            title: "A check among many documents, against one among 1,000".into(),
            bars: answers.iter().map(|(row, ratio, _)| (row[0].clone(), *ratio, format!("{ratio:.2}"))).collect(),
        },
        note: notes.join("\n"),
    }
}
