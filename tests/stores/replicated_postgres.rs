//! A PostgreSQL with a standby, behind an address that leads to the current primary.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use jwt_auth::store::{PostgresStore, Store};
use sqlx::postgres::PgPoolOptions;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::history::Failover;
use crate::register::Load;
use crate::servers::Server;

/// Only a test that hangs takes this long.
const HANGS: Duration = Duration::from_secs(60);

/// How a primary fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Killed,
    /// The primary keeps its connections but answers nothing. At the end it is killed.
    Hung,
}

pub(crate) struct Replicating {
    primary: Server,
    standby: Server,
    is_synchronous: bool,
    address: Address,
}

/// Passes new connections on to the primary. Older connections stay where they are.
struct Address {
    port: u16,
    leads_to: Arc<AtomicU16>,
}

impl Address {
    async fn of(primary: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let leads_to = Arc::new(AtomicU16::new(primary));
        let server = Arc::clone(&leads_to);
        tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.expect("a client");
                let server = server.load(Ordering::SeqCst);
                tokio::spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(("127.0.0.1", server)).await {
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        Self { port, leads_to }
    }
}

/// The result of one statement, on a connection of its own.
pub(crate) async fn ask(port: u16, statement: &'static str) -> Option<i64> {
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    let pool =
        PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(2)).connect(&url).await.ok()?;
    let answer = sqlx::query_scalar(statement).fetch_one(&pool).await.ok();
    pool.close().await;
    answer
}

pub(crate) async fn set(port: u16, setting: &'static str) {
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    let pool = PgPoolOptions::new().max_connections(1).connect(&url).await.expect("a server");
    for statement in [setting, "SELECT pg_reload_conf()"] {
        sqlx::raw_sql(statement).execute(&pool).await.expect("it is set");
    }
    pool.close().await;
}

/// Waits until this statement returns 1.
pub(crate) async fn until(port: u16, statement: &'static str) {
    let began = Instant::now();
    while ask(port, statement).await != Some(1) {
        assert!(began.elapsed() < HANGS, "it hangs: {statement}");
        sleep(Duration::from_millis(20)).await;
    }
}

impl Replicating {
    pub(crate) async fn start(is_synchronous: bool) -> Option<Self> {
        let primary = Server::postgres().await?;
        let (standby, address) = (primary.standby().await, Address::of(primary.port).await);
        let both = Self { primary, standby, is_synchronous, address };
        both.follows().await;
        Some(both)
    }

    /// Waits until the standby has all writes of the primary and, if it is synchronous, until the primary waits for it.
    async fn follows(&self) {
        let port = self.primary.port;
        until(port, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'").await;
        if self.is_synchronous {
            set(port, "ALTER SYSTEM SET synchronous_standby_names = '*'").await;
            until(port, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'").await;
        }
    }

    pub(crate) async fn store(&self) -> Arc<dyn Store> {
        let url = format!("postgres://postgres@127.0.0.1:{}/postgres", self.address.port);
        let pool = PgPoolOptions::new().max_connections(8).connect(&url).await.expect("a database");
        Arc::new(PostgresStore::new(pool).migrate().await.expect("tables"))
    }

    /// The primary fails under a load, the standby is promoted, and a new standby follows it. With `is_cut_off`, the standby is
    /// cut off before, so it lacks the last writes. A primary that waits for its standby confirms no writes meanwhile.
    pub(crate) async fn fail_over(&mut self, failure: Failure, is_cut_off: bool, load: &Load) -> Failover {
        if is_cut_off {
            set(self.standby.port, "ALTER SYSTEM SET primary_conninfo = ''").await;
            until(self.primary.port, "SELECT (count(*) = 0)::int::bigint FROM pg_stat_replication").await;
            if !self.is_synchronous {
                load.goes_on().await;
            }
        }
        let began = load.now();
        match failure {
            Failure::Killed => self.primary.kill(),
            Failure::Hung => self.primary.stop(),
        }
        self.standby.promote();
        self.address.leads_to.store(self.standby.port, Ordering::SeqCst);
        until(self.address.port, "SELECT CASE WHEN pg_is_in_recovery() THEN 0 ELSE 1 END::bigint").await;
        let promoted = load.now();
        load.is_answered().await;
        let next = self.standby.standby().await;
        self.primary = std::mem::replace(&mut self.standby, next);
        self.follows().await;
        Failover { began, promoted }
    }
}
