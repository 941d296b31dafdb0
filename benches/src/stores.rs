//! How much time does a store add to a request? The requests go through a real router in this process. `JWT_AUTH_REDIS` and
//! `JWT_AUTH_POSTGRES` are the URLs of the servers, as for the tests of the stores.

use std::env::var;
use std::path::Path;
use std::time::{Duration, Instant};

use jwt_auth::{
    Algorithm, Issuer, Keys, MemoryStore, Protected,
    keys::VerifyingKey,
    store::{PostgresStore, RedisStore, Safety, SqliteStore, Store},
};
use sqlx::Executor;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use tower::ServiceExt;

use crate::harness::interleaved;
use crate::memory::{document, key};
use crate::plot::Bars;
use crate::report::Report;
use crate::router::{Auth, ISSUER, SECRET, authorization, protected, request};

const ROUNDS: usize = 300;
/// The number of requests that one case sends in a row.
const REQUESTS: usize = 100;
const TOKENS: u64 = 4;
/// The number of other users with a revoked token.
const REVOKED: u64 = 1_000;
const NAME: &str = "jwt-auth-bench";

type Failed = Box<dyn std::error::Error>;

pub(crate) fn report() -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let file = std::env::temp_dir().join(format!("{NAME}-{}.db", std::process::id()));
    let cases = runtime.block_on(cases(&file)).expect("the stores");
    let tokens = tokens();
    let samples = interleaved(cases.len(), ROUNDS, |case, samples| {
        runtime.block_on(async {
            for token in tokens.iter().cycle().take(REQUESTS) {
                let (app, request) = (cases[case].1.clone(), request(token));
                let began = Instant::now();
                let answer = app.oneshot(request).await;
                samples.push(began.elapsed().as_nanos() as f64);
                assert_eq!(answer.map(|answer| answer.status()), Ok(http::StatusCode::OK));
            }
        });
    });
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", file.display()));
    }
    let bare = samples[0].median();
    let ratio = |at: usize, share: f64| samples[at].quantile(share) / bare;
    let row = |(at, (name, _)): (usize, &(&str, Protected))| {
        let figures = [0.1, 0.5, 0.99].map(|share| format!("{:.2}", ratio(at, share)));
        [(*name).to_owned()].into_iter().chain(figures).collect()
    };
    let bar = |(at, (name, _)): (usize, &(&str, Protected))| {
        ((*name).to_owned(), ratio(at, 0.1), format!("{:.2}", ratio(at, 0.1)))
    };
    let added = |(at, (name, _)): (usize, &(&str, Protected))| {
        format!("{name}: {:.1} us", (samples[at].median() - bare) / 1_000.0)
    };
    let added: Vec<String> = cases.iter().enumerate().map(added).collect();
    Report {
        header: vec!["store", "10th percentile", "median", "99th percentile"],
        rows: cases.iter().enumerate().map(row).collect(),
        plot: Bars {
            title: "A request, 10th percentile against the median without a store".into(),
            bars: cases.iter().enumerate().map(bar).collect(),
        },
        note: format!("1.00 is {:.1} us in this run. Added to the median: {}", bare / 1_000.0, added.join(", ")),
    }
}

async fn cases(file: &Path) -> Result<Vec<(&'static str, Protected)>, Failed> {
    let url = |variable: &str| var(variable).map_err(|_| format!("{variable} must be the URL of a server"));
    let redis = RedisStore::connect(&url("JWT_AUTH_REDIS")?, NAME).await?;
    let postgres_url = url("JWT_AUTH_POSTGRES")?;
    let (each, second) = (Duration::ZERO, Duration::from_secs(1));
    Ok(vec![
        ("none", app(None::<MemoryStore>, each).await?),
        ("memory", app(Some(MemoryStore::new()), each).await?),
        ("SQLite", app(Some(sqlite(file).await?), each).await?),
        ("Redis", app(Some(redis.clone()), each).await?),
        ("Redis, remembered for 1 s", app(Some(redis), second).await?),
        ("PostgreSQL", app(Some(postgres(&postgres_url, true).await?), each).await?),
        ("PostgreSQL, untested connections", app(Some(postgres(&postgres_url, false).await?), each).await?),
        ("PostgreSQL, remembered for 1 s", app(Some(postgres(&postgres_url, true).await?), second).await?),
    ])
}

/// A service that only verifies tokens, because such a service has no store by default.
async fn app(store: Option<impl Store>, staleness: Duration) -> Result<Protected, Failed> {
    let key = VerifyingKey::from_secret(Algorithm::HS256, SECRET)?;
    let builder = Auth.backend().verify_only().trust(Issuer::rfc9068(ISSUER).keys(key).audience(ISSUER));
    let builder = match store {
        Some(store) => {
            fill(&store).await?;
            builder.store(store).revocation_staleness(staleness)
        }
        None => builder,
    };
    Ok(protected(&builder.build()?))
}

async fn fill(store: &impl Store) -> Result<(), Failed> {
    for n in 0..REVOKED {
        // In a database of an earlier run the document already exists, and the call fails without an error.
        store.replace(&key(n), None, Some(document(n)), Safety::Usual).await?;
    }
    Ok(())
}

/// Tokens of a few users, who send all requests.
fn tokens() -> Vec<String> {
    let auth = Auth.backend().keys(Keys::hs256(SECRET).expect("a key")).issuer(ISSUER).build().expect("a backend");
    (0..TOKENS).map(|id| authorization(&auth, id)).collect()
}

async fn sqlite(file: &Path) -> Result<SqliteStore, Failed> {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let pool = SqlitePoolOptions::new().max_connections(4).connect_with(options.journal_mode(SqliteJournalMode::Wal));
    Ok(SqliteStore::new(pool.await?).migrate().await?)
}

/// A store in its own schema. By default, a pool tests a connection before each use; `is_tested` says whether it does.
async fn postgres(url: &str, is_tested: bool) -> Result<PostgresStore, Failed> {
    let options = url.parse::<PgConnectOptions>()?.options([("search_path", "jwt_auth_bench")]);
    let pool = PgPoolOptions::new().max_connections(4).test_before_acquire(is_tested).connect_with(options).await?;
    pool.execute("CREATE SCHEMA IF NOT EXISTS jwt_auth_bench").await?;
    Ok(PostgresStore::new(pool).migrate().await?)
}
