//! Does a sweep of a large table delay requests?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jwt_auth::store::{Document, PostgresStore, Safety, SqliteStore};

use super::fill::{self, document};
use super::measure::File;
use super::{Filled, large};
use crate::harness::{Samples, mixed};
use crate::plot::Bars;
use crate::report::{Report, grouped};

/// One in this many documents has expired.
const PAST: u64 = 20;

const REFRESHES: Duration = Duration::from_millis(20);

struct Swept {
    name: &'static str,
    before: Samples,
    meanwhile: Samples,
    deleted: u64,
    took: Duration,
    longest_batch: Duration,
}

/// Refreshes one after another until `stop` is set or the limit is reached. Returns the time of each in milliseconds.
async fn refreshes(filled: &Filled, stop: &AtomicBool, limit: Duration) -> Samples {
    let (began, mut samples, mut n) = (Instant::now(), Vec::new(), 0);
    while !stop.load(Ordering::SeqCst) && began.elapsed() < limit {
        n += 1;
        let key = &filled.keys[usize::try_from(mixed(n) >> 8).unwrap_or_default() % filled.keys.len()];
        let one = Instant::now();
        // Skips the documents that the sweep has deleted.
        if let Some(old) = filled.store.read(key).await.expect("no request fails").document {
            let new = Document { keep_until: old.keep_until, ..document(mixed(n)) };
            filled.store.replace(key, Some(old.version), Some(new), Safety::Usual).await.expect("no request fails");
            samples.push(one.elapsed().as_secs_f64() * 1_000.0);
        }
        tokio::time::sleep(REFRESHES).await;
    }
    Samples::new(samples)
}

async fn swept(
    name: &'static str,
    filled: Filled,
    sweep: impl Future<Output = u64> + Send + 'static,
    batch: impl AsyncFn() -> u64,
) -> Swept {
    let filled = Arc::new(filled);
    // First runs a few batches by hand, to measure the longest one.
    let mut longest_batch = Duration::ZERO;
    for _ in 0..100 {
        let began = Instant::now();
        if batch().await == 0 {
            break;
        }
        longest_batch = longest_batch.max(began.elapsed());
    }
    let never = AtomicBool::new(false);
    let before = refreshes(&filled, &never, Duration::from_secs(10)).await;
    let (is_over, refreshing) = (Arc::new(AtomicBool::new(false)), Arc::clone(&filled));
    let stop = Arc::clone(&is_over);
    let meanwhile = tokio::spawn(async move { refreshes(&refreshing, &stop, Duration::MAX).await });
    let began = Instant::now();
    let deleted = sweep.await;
    let took = began.elapsed();
    is_over.store(true, Ordering::SeqCst);
    Swept { name, before, meanwhile: meanwhile.await.expect("no request fails"), deleted, took, longest_batch }
}

/// Runs the statement of a sweep on a connection of the pool, and returns the number of deleted rows.
macro_rules! batch {
    ($pool:expr, $clock:literal, $locked:literal) => {
        async || {
            let statement = concat!(
                "DELETE FROM jwt_auth_documents WHERE key IN (SELECT key FROM jwt_auth_documents WHERE keep_until < ",
                $clock,
                " - 86400 ORDER BY keep_until LIMIT 100",
                $locked,
                ")"
            );
            sqlx::query(statement).execute(&$pool).await.expect("it is done").rows_affected()
        }
    };
}

pub(crate) fn report() -> Report {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let file = File::new("swept");
    let of_sqlite = runtime.block_on(async {
        let (filled, pool) = fill::sqlite(&file.0, large()).await;
        let past = format!("UPDATE jwt_auth_documents SET keep_until = rowid % 30 WHERE rowid % {PAST} = 0");
        sqlx::raw_sql(sqlx::AssertSqlSafe(past)).execute(&pool).await.expect("it is done");
        sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&pool).await.expect("it is done");
        let store = SqliteStore::new(pool.clone());
        let sweep = async move { store.sweep().await.expect("it is done") };
        swept("SQLite", filled, sweep, batch!(pool, "CAST(strftime('%s', 'now') AS INTEGER)", "")).await
    });
    drop(file);
    let of_postgres = runtime.block_on(async {
        let (filled, pool) = fill::postgres(large()).await;
        let past = format!(
            "UPDATE jwt_auth_documents SET keep_until = get_byte(key, 5) WHERE get_byte(key, 4) < 256 / {PAST}"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(past)).execute(&pool).await.expect("it is done");
        sqlx::raw_sql("VACUUM ANALYZE jwt_auth_documents").execute(&pool).await.expect("it is done");
        let store = PostgresStore::new(pool.clone());
        let sweep = async move { store.sweep().await.expect("it is done") };
        let clock =
            batch!(pool, "CAST(EXTRACT(EPOCH FROM statement_timestamp()) AS BIGINT)", " FOR UPDATE SKIP LOCKED");
        swept("PostgreSQL", filled, sweep, clock).await
    });
    let all = [of_sqlite, of_postgres];
    let row = |swept: &Swept| {
        let milliseconds = |samples: &Samples, share: f64| format!("{:.1} ms", samples.quantile(share));
        vec![
            swept.name.into(),
            grouped(swept.deleted),
            format!("{:.0} s", swept.took.as_secs_f64()),
            format!("{:.1} ms", swept.longest_batch.as_secs_f64() * 1_000.0),
            format!("{}, {}", milliseconds(&swept.before, 0.5), milliseconds(&swept.before, 1.0)),
            format!("{}, {}", milliseconds(&swept.meanwhile, 0.5), milliseconds(&swept.meanwhile, 1.0)),
        ]
    };
    let bar = |swept: &Swept| {
        let longest = swept.meanwhile.quantile(1.0);
        (swept.name.to_owned(), longest, format!("{longest:.1} ms"))
    };
    Report {
        header: vec![
            "store",
            "documents swept",
            "in",
            "longest of 100 batches",
            "a refresh before: median, longest",
            "a refresh meanwhile: median, longest",
        ],
        rows: all.iter().map(row).collect(),
        plot: Bars { title: "The longest refresh during a sweep".into(), bars: all.iter().map(bar).collect() },
        note: format!("Among {} documents", grouped(large())),
    }
}
