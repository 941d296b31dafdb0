//! SQLite without room, with several processes, and with many tasks on one document.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jwt_auth::store::{Body, Document, Key, Safety, SqliteStore, Store, Summary, Version};
use jwt_auth_tests::{Folder, database};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::handles::sqlite_pool;
use crate::unavailable_servers::{document, key};

/// Tells a process of this test program which database to use.
const DATABASE: &str = "JWT_AUTH_TEST_COUNTED_IN";
const INCREMENTS: u64 = 1_000;
const PROCESSES: u64 = 3;
const TASKS: u64 = 64;

async fn one_connection(path: &Path, synchronous: Option<SqliteSynchronous>) -> sqlx::SqlitePool {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let options = options.journal_mode(SqliteJournalMode::Wal).busy_timeout(Duration::from_secs(10));
    let options = synchronous.into_iter().fold(options, SqliteConnectOptions::synchronous);
    SqlitePoolOptions::new().max_connections(1).connect_with(options).await.expect("a database")
}

async fn store_on(pool: &sqlx::SqlitePool) -> SqliteStore {
    SqliteStore::new(pool.clone()).migrate().await.expect("tables")
}

/// A document that is large enough for a page of its own.
fn large() -> Document {
    Document { keep_until: 4_000_000_000, body: Body::from_bytes([7; 3_000]), ..document() }
}

/// Writes until there is no room. Returns the confirmed documents.
async fn filled(store: &SqliteStore) -> Vec<(Key, Document)> {
    let mut kept = Vec::new();
    loop {
        let (key, new) = (key(), large());
        match store.replace(&key, None, Some(new.clone()), Safety::Usual).await {
            Ok(is_done) => assert!(is_done, "nobody else writes it"),
            Err(error) => {
                println!("after {} documents: {error}", kept.len());
                assert_eq!(store.read(&key).await.expect("reads go on").document, None, "nothing is half written");
                return kept;
            }
        }
        kept.push((key, new));
    }
}

/// Asserts that each call either succeeds completely or returns an error, and that confirmed documents can be read.
async fn is_honest_when_full(store: &SqliteStore, kept: &mut [(Key, Document)]) {
    let mut done = [0, 0];
    for (n, (key, old)) in kept.iter_mut().enumerate() {
        let is_ending = n % 2 == 0;
        // Ending a session makes its document smaller; a refresh does not change the size.
        let new = if is_ending { Document { body: Body::from_bytes([1; 10]), ..large() } } else { large() };
        let safety = if is_ending { Safety::Confirmed } else { Safety::Usual };
        let answer = store.replace(key, Some(old.version), Some(new.clone()), safety).await;
        let found = store.read(key).await.expect("reads go on").document.expect("it is there still");
        assert_eq!(store.read_summary(key).await.expect("reads go on"), Some(found.summary.clone()));
        assert_eq!(found, if answer == Ok(true) { new } else { old.clone() }, "{answer:?}");
        done[usize::from(is_ending)] += usize::from(answer == Ok(true));
        *old = found;
    }
    println!("when it is full, {} refreshes and {} endings of {} are done", done[0], done[1], kept.len());
}

async fn is_sound(pool: &sqlx::SqlitePool) {
    let found: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(pool).await.expect("an answer");
    assert_eq!(found, "ok");
}

// STO-04, STO-07
#[tokio::test(flavor = "multi_thread")]
async fn a_full_database_returns_errors_and_ends_sessions_once_there_is_room() {
    let path = database();
    let pool = one_connection(&path, None).await;
    let store = store_on(&pool).await;
    sqlx::raw_sql("PRAGMA max_page_count = 200").execute(&pool).await.expect("it is set");
    let mut kept = filled(&store).await;
    is_honest_when_full(&store, &mut kept).await;
    sqlx::raw_sql("PRAGMA max_page_count = 4000").execute(&pool).await.expect("it is set");
    for (key, old) in &kept {
        assert_eq!(store.replace(key, Some(old.version), Some(large()), Safety::Confirmed).await, Ok(true));
    }
    is_sound(&pool).await;
}

/// A file system of one megabyte, if this process may mount one. It is unmounted when this is dropped.
struct SmallDisk(Folder);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = Folder::new("disk");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(&*folder).output();
        if !mounted.is_ok_and(|mounted| mounted.status.success()) {
            println!("skipped: this process may not mount a small disk");
            return None;
        }
        Some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&*self.0).output();
    }
}

// STO-04, STO-07
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_an_error_and_nothing_is_half_written() {
    let Some(disk) = SmallDisk::mount() else { return };
    let ballast = disk.0.join("ballast");
    std::fs::write(&ballast, vec![0; 300_000]).expect("there is room at first");
    let pool = one_connection(&disk.0.join("documents.db"), None).await;
    let store = store_on(&pool).await;
    let mut kept = filled(&store).await;
    is_honest_when_full(&store, &mut kept).await;
    std::fs::remove_file(&ballast).expect("room is made");
    for (key, old) in kept.iter().take(10) {
        assert_eq!(store.replace(key, Some(old.version), Some(large()), Safety::Confirmed).await, Ok(true));
    }
    is_sound(&pool).await;
    pool.close().await;
}

fn counted() -> Key {
    Key::from_bytes(b"r the one counted").expect("a key")
}

fn number(document: Option<&Document>) -> u64 {
    document.map_or(0, |document| u64::from_be_bytes(document.body.as_bytes().try_into().expect("a number")))
}

/// Returns how many times another writer was faster.
async fn increment(store: &SqliteStore) -> u64 {
    for lost in 0.. {
        let is = store.read(&counted()).await.expect("an answer").document;
        let (next, summary) = (number(is.as_ref()) + 1, Summary::from_bytes(*b"s"));
        let new = Document { summary, body: Body::from_bytes(next.to_be_bytes()), ..large() };
        let expected: Option<Version> = is.map(|is| is.version);
        if store.replace(&counted(), expected, Some(new), Safety::Usual).await.expect("an answer") {
            return lost;
        }
    }
    unreachable!("it returns before")
}

async fn count(store: &SqliteStore) -> u64 {
    number(store.read(&counted()).await.expect("an answer").document.as_ref())
}

/// One of the processes of the test below. It does nothing unless the environment variable that `DATABASE` names is set.
#[tokio::test(flavor = "multi_thread")]
async fn one_process_counts() {
    let Some(path) = std::env::var_os(DATABASE) else { return };
    let store = store_on(&sqlite_pool(Path::new(&path)).await).await;
    let mut lost = 0;
    for _ in 0..INCREMENTS {
        lost += increment(&store).await;
    }
    println!("{INCREMENTS} increments, and {lost} that came second");
}

// STO-02
#[tokio::test(flavor = "multi_thread")]
async fn no_increment_is_lost_with_three_processes_on_one_file() {
    let path = database();
    let store = store_on(&sqlite_pool(&path).await).await;
    let (this, began) = (std::env::current_exe().expect("this program"), Instant::now());
    let process = |_| {
        let mut process = Command::new(&this);
        process.args(["--exact", "sqlite_limits::one_process_counts"]).env(DATABASE, &*path);
        process.stdout(std::process::Stdio::null()).spawn().expect("it starts")
    };
    let mut processes: Vec<_> = (0..PROCESSES).map(process).collect();
    for process in &mut processes {
        assert!(process.wait().expect("it ends").success(), "no call fails");
    }
    println!("{PROCESSES} processes took {:?} for {INCREMENTS} increments each", began.elapsed());
    assert_eq!(count(&store).await, PROCESSES * INCREMENTS);
}

// STO-02
#[tokio::test(flavor = "multi_thread")]
async fn many_tasks_on_one_document_all_succeed() {
    let path = database();
    let handles = [store_on(&sqlite_pool(&path).await).await, store_on(&sqlite_pool(&path).await).await].map(Arc::new);
    let began = Instant::now();
    let tasks: Vec<_> = (0..TASKS)
        .zip(handles.iter().cycle())
        .map(|(_, store)| {
            let store = Arc::clone(store);
            tokio::spawn(async move { increment(&store).await })
        })
        .collect();
    let mut most = 0;
    for task in tasks {
        most = most.max(task.await.expect("it succeeds"));
    }
    println!("{TASKS} tasks took {:?}; the slowest came second {most} times", began.elapsed());
    assert_eq!(count(&handles[0]).await, TASKS);
}

// STO-07: a session that was ended stays ended after a power cut.
#[tokio::test]
async fn a_confirmed_write_sets_its_connection_to_synchronous_full() {
    use SqliteSynchronous::{Extra, Full, Normal, Off};
    for (set, usual, confirmed) in [(Off, 0, 2), (Normal, 1, 2), (Full, 2, 2), (Extra, 3, 3)] {
        let path = database();
        let pool = one_connection(&path, Some(set)).await;
        let store = store_on(&pool).await;
        let level =
            async || sqlx::query_scalar::<_, i64>("PRAGMA synchronous").fetch_one(&pool).await.expect("a level");
        for (safety, expected) in [(Safety::Usual, usual), (Safety::Confirmed, confirmed)] {
            assert_eq!(store.replace(&key(), None, Some(large()), safety).await, Ok(true));
            assert_eq!(level().await, expected);
        }
    }
}
