//! Tasks that read and replace documents until they are stopped, and note the answer of each call.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jwt_auth::store::{Body, Document, Key, Reading, Safety, Store, Summary, Version};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// The default of the builder's `store_timeout`.
const TIMEOUT: Duration = Duration::from_secs(2);
const WRITERS: usize = 12;
const READERS: usize = 4;
/// The pause between two calls of one task, so that not only the speed of the machine is measured.
const PAUSE: Duration = Duration::from_millis(2);

/// The answer to a replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Confirmed,
    Refused,
    /// An error, or no answer in time.
    Unknown,
}

/// The number of the write, which its document contains. 0 stands for no document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Write {
    pub(crate) key: usize,
    pub(crate) number: u64,
    /// The number of the write that it replaces.
    pub(crate) replaces: u64,
    pub(crate) safety: Safety,
    pub(crate) ended: Duration,
    pub(crate) outcome: Outcome,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Read {
    pub(crate) key: usize,
    pub(crate) found: u64,
    pub(crate) began: Duration,
    pub(crate) ended: Duration,
}

/// Times count from the start of the load.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) writes: Vec<Write>,
    pub(crate) reads: Vec<Read>,
    pub(crate) failed_reads: usize,
    /// The number in the document of each key at the end.
    pub(crate) last: Vec<u64>,
    /// The texts of errors, each once.
    pub(crate) errors: Vec<String>,
}

impl Notes {
    fn error(&mut self, text: String) {
        if !self.errors.contains(&text) {
            self.errors.push(text);
        }
    }

    /// How long after this time the first read was answered, and a read of every key. `None` if that never happened.
    pub(crate) fn back_after(&self, time: Duration) -> Option<(Duration, Duration)> {
        let later = |key: usize| self.reads.iter().filter(move |read| read.key == key && read.ended >= time);
        let firsts: Option<Vec<Duration>> =
            (0..self.last.len()).map(|key| later(key).map(|read| read.ended - time).min()).collect();
        let firsts = firsts?;
        Some((*firsts.iter().min()?, *firsts.iter().max()?))
    }
}

struct Shared {
    began: Instant,
    keys: Vec<Key>,
    /// The number of the next write.
    number: AtomicU64,
    stop: AtomicBool,
    notes: Mutex<Notes>,
    random: RandomState,
}

/// A load on some handles of one store. Half of the writes are `Safety::Usual`, half `Safety::Confirmed`.
pub(crate) struct Load {
    shared: Arc<Shared>,
    store: Arc<dyn Store>,
    tasks: Vec<JoinHandle<()>>,
}

/// Keys in groups. All keys of a group are in one slot of a Redis Cluster.
pub(crate) fn keys(groups: &[String], in_each: u8) -> Vec<Key> {
    let of = |group: &String, n: u8| {
        let mut bytes = format!("r{{{group}}}").into_bytes();
        bytes.resize(16, b'.');
        bytes.push(b'a' + n);
        Key::from_bytes(&bytes).expect("a key")
    };
    groups.iter().flat_map(|group| (0..in_each).map(move |n| of(group, n))).collect()
}

fn document(number: u64, random: u64) -> Document {
    let bytes = number.to_be_bytes();
    let version = Version::from_bytes(&[bytes, random.to_be_bytes()].concat()).expect("a version");
    let (summary, body) = (Summary::from_bytes(bytes), Body::from_bytes(bytes));
    Document { version, keep_until: u64::MAX, summary, body }
}

fn number(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(bytes.try_into().expect("a whole number"))
}

/// Checks that every part of the document is from one write.
fn number_of(reading: &Reading) -> u64 {
    let Some(document) = &reading.document else { return 0 };
    let of_version = number(&document.version.as_bytes()[..8]);
    let parts = [number(document.summary.as_bytes()), number(document.body.as_bytes())];
    assert_eq!(parts, [of_version; 2], "a document is of one write");
    of_version
}

impl Shared {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn random(&self) -> u64 {
        self.random.hash_one((self.began.elapsed(), self.number.fetch_add(1, Ordering::Relaxed)))
    }

    fn noted(&self, note: impl FnOnce(&mut Notes)) {
        note(&mut self.notes.lock().expect("no task panics while it holds this"));
    }

    /// The result of the read, if it was answered in time.
    async fn read<T>(
        &self,
        key: usize,
        call: impl Future<Output = Result<T, jwt_auth::StoreError>>,
        number: impl Fn(&T) -> u64,
    ) -> Option<T> {
        let began = self.now();
        let answer = timeout(TIMEOUT, call).await;
        let ended = self.now();
        match answer {
            Ok(Ok(found)) => {
                self.noted(|notes| notes.reads.push(Read { key, found: number(&found), began, ended }));
                return Some(found);
            }
            Ok(Err(error)) => self.noted(|notes| {
                notes.failed_reads += 1;
                notes.error(format!("read: {error}"));
            }),
            Err(_) => self.noted(|notes| notes.failed_reads += 1),
        }
        None
    }

    async fn replace(
        &self,
        store: &dyn Store,
        key: usize,
        (expected, replaces): (Option<Version>, u64),
        safety: Safety,
    ) -> bool {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let new = document(number, self.random());
        let answer = timeout(TIMEOUT, store.replace(&self.keys[key], expected, Some(new), safety)).await;
        let outcome = match answer {
            Ok(Ok(true)) => Outcome::Confirmed,
            Ok(Ok(false)) => Outcome::Refused,
            Ok(Err(error)) => {
                self.noted(|notes| notes.error(format!("replace: {error}")));
                Outcome::Unknown
            }
            Err(_) => Outcome::Unknown,
        };
        let write = Write { key, number, replaces, safety, ended: self.now(), outcome };
        self.noted(|notes| notes.writes.push(write));
        outcome == Outcome::Confirmed
    }

    fn some_key(&self) -> usize {
        usize::try_from(self.random() % self.keys.len() as u64).expect("a small number")
    }

    async fn write_on(&self, store: &dyn Store) {
        while !self.stop.load(Ordering::SeqCst) {
            let key = self.some_key();
            if let Some(reading) = self.read(key, store.read(&self.keys[key]), number_of).await {
                let safety = if self.random().is_multiple_of(2) { Safety::Usual } else { Safety::Confirmed };
                let expected = reading.document.as_ref().map(|document| document.version);
                self.replace(store, key, (expected, number_of(&reading)), safety).await;
            }
            sleep(PAUSE).await;
        }
    }

    /// Reads as guarded requests do.
    async fn read_on(&self, store: &dyn Store) {
        while !self.stop.load(Ordering::SeqCst) {
            let key = self.some_key();
            let found = |summary: &Option<Summary>| summary.as_ref().map_or(0, |summary| number(summary.as_bytes()));
            self.read(key, store.read_summary(&self.keys[key]), found).await;
            sleep(PAUSE).await;
        }
    }
}

impl Load {
    /// Writes every document and then starts the load. Documents that an earlier load left are replaced.
    pub(crate) async fn start(handles: &[Arc<dyn Store>], keys: Vec<Key>) -> Self {
        let shared = Arc::new(Shared {
            began: Instant::now(),
            keys,
            number: AtomicU64::new(1),
            stop: AtomicBool::new(false),
            notes: Mutex::new(Notes::default()),
            random: RandomState::new(),
        });
        for key in 0..shared.keys.len() {
            let left = handles[0].read(&shared.keys[key]).await.expect("an answer").document;
            let expected = (left.map(|document| document.version), 0);
            let done = shared.replace(&*handles[0], key, expected, Safety::Confirmed).await;
            assert!(done, "a document is made: {:?}", shared.notes.lock().map(|notes| notes.errors.clone()));
        }
        let of = |n: usize| (Arc::clone(&shared), Arc::clone(&handles[n % handles.len()]));
        let writers =
            (0..WRITERS).map(of).map(|(shared, store)| tokio::spawn(async move { shared.write_on(&*store).await }));
        let readers =
            (0..READERS).map(of).map(|(shared, store)| tokio::spawn(async move { shared.read_on(&*store).await }));
        Self { tasks: writers.chain(readers).collect(), store: Arc::clone(&handles[0]), shared }
    }

    pub(crate) fn now(&self) -> Duration {
        self.shared.now()
    }

    /// Waits until, for every key, a read that begins after this call was answered.
    pub(crate) async fn is_answered(&self) {
        let now = self.now();
        let is_back = |notes: &Notes| {
            let since = || notes.reads.iter().rev().take_while(|read| read.ended >= now);
            let is_read = |key| since().any(|read| read.key == key && read.began >= now);
            (0..self.shared.keys.len()).all(is_read)
        };
        while !is_back(&self.shared.notes.lock().expect("no task panics while it holds this")) {
            assert!(self.now() - now < Duration::from_secs(60), "it hangs: {:?}", self.errors());
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until some usual writes that begin after this call were confirmed.
    pub(crate) async fn goes_on(&self) {
        let now = self.now();
        let is_new =
            |write: &&Write| write.ended >= now && write.safety == Safety::Usual && write.outcome == Outcome::Confirmed;
        // Twice as many writes as there are writers: one per writer may have been under way already when this was called.
        let has_gone_on = |notes: &Notes| notes.writes.iter().rev().filter(is_new).count() >= 2 * WRITERS;
        while !has_gone_on(&self.shared.notes.lock().expect("no task panics while it holds this")) {
            assert!(self.now() - now < Duration::from_secs(60), "it hangs: {:?}", self.errors());
            sleep(Duration::from_millis(5)).await;
        }
    }

    fn errors(&self) -> Vec<String> {
        self.shared.notes.lock().map(|notes| notes.errors.clone()).unwrap_or_default()
    }

    /// Ends the load, and reads all documents.
    pub(crate) async fn stop(self) -> Notes {
        self.shared.stop.store(true, Ordering::SeqCst);
        for task in self.tasks {
            task.await.expect("no document is half written");
        }
        // After this time, every call that was sent has arrived or will never arrive.
        sleep(TIMEOUT).await;
        let mut notes = std::mem::take(&mut *self.shared.notes.lock().expect("no task panics while it holds this"));
        for key in &self.shared.keys {
            notes.last.push(number_of(&self.store.read(key).await.expect("the store answers again")));
        }
        notes
    }
}
