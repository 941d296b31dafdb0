//! What does the example `oauth2` do under ten minutes of mixed load? A server of bare axum runs beside it, and gets plain
//! requests at the same rate, so that both are measured on the same busy machine.

mod connection;
mod figures;
mod servers;
mod visitor;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use connection::Connection;
use figures::{Figures, Tally};
use servers::{Folder, Server};
use visitor::{Kind, Visitor};

/// The connections to each server.
const VISITORS: usize = 256;
/// The run whose figures the page shows.
const MINUTES: u64 = 10;
/// How long each connection sends without pause, to find out how many requests a second the machine can do.
const CALIBRATION: Duration = Duration::from_secs(5);
/// The share of that rate at which the connections send. With more, the figures would mostly show queues.
const SHARE: f64 = 0.5;
/// The time between two samples of the resident memory.
const SAMPLE: Duration = Duration::from_secs(5);

const USAGE: &str = "write `cargo run --release -p jwt-auth-benches -- load`, or `load --minutes 1` for a trial";

/// Runs `load` or `load --minutes <n>`. Fails if the example does not do as it should. A run of ten minutes or more writes its
/// tables into the page.
pub(crate) fn command(options: &[&str], page: &Path, plots: &Path) -> ExitCode {
    let minutes = match options {
        [] => Some(MINUTES),
        ["--minutes", minutes] => minutes.parse().ok().filter(|minutes| (1..=24 * 60).contains(minutes)),
        _ => None,
    };
    let Some(minutes) = minutes.filter(|_| !cfg!(debug_assertions)) else {
        println!("{USAGE}");
        return ExitCode::FAILURE;
    };
    if !servers::is_built() {
        println!("the example is not built; run `cargo build --release -p jwt-auth-examples`");
        return ExitCode::FAILURE;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let figures = runtime.block_on(run(Duration::from_secs(60 * minutes)));
    for (name, report) in [("load", figures.requests()), ("load-memory", figures.memory())] {
        if minutes >= MINUTES {
            report.publish(name, page, plots);
        } else {
            report.print();
        }
    }
    let faults = figures.faults();
    faults.iter().for_each(|fault| println!("FAILED: {fault}"));
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(time: Duration) -> Figures {
    let folder = Folder::new();
    let (bare, oauth2) = (servers::bare(), Arc::new(servers::oauth2(&folder, VISITORS).await));
    let client = |server: &Server, n, is_bare| Client {
        connection: Connection::new(server.address),
        visitor: Visitor::new(n),
        is_bare,
    };
    let mut clients: Vec<Client> = (0..VISITORS).map(|n| client(&oauth2, n, false)).collect();
    for client in &mut clients {
        client.exchange(Kind::SignIn).await;
    }
    clients.extend((0..VISITORS).map(|n| client(&bare, n, true)));
    // This also warms up the servers, so that the run does not begin with their first requests.
    let (clients, calibrated) = send(clients, None, CALIBRATION).await;
    let most = calibrated.count(Kind::User) as f64 / CALIBRATION.as_secs_f64();
    let rate = SHARE * most;
    println!("without pauses, the example answers {most:.0} requests a second; each server now gets {rate:.0}\n");
    let memory = tokio::spawn(watch(Arc::clone(&oauth2), time));
    let (_, tally) = send(clients, Some(Duration::from_secs_f64(VISITORS as f64 / rate)), time).await;
    Figures { tally, memory: memory.await.expect("samples"), rate }
}

/// The resident memory of the server in MiB, once in each `SAMPLE`.
async fn watch(server: Arc<Server>, time: Duration) -> Vec<f64> {
    let (began, mut samples) = (Instant::now(), Vec::new());
    for n in (1..).take_while(|n| SAMPLE * *n <= time) {
        sleep_until(began + SAMPLE * n).await;
        samples.push(server.resident());
    }
    samples
}

/// All clients send for this time, each with this pause from one request to the next, or without any.
async fn send(clients: Vec<Client>, pause: Option<Duration>, time: Duration) -> (Vec<Client>, Tally) {
    let (began, mut running) = (Instant::now(), JoinSet::new());
    for (n, client) in clients.into_iter().enumerate() {
        // The two servers take turns, and so do the clients of each.
        let turn = 2 * (n % VISITORS) + n / VISITORS;
        let first = pause.unwrap_or_default().mul_f64(turn as f64 / (2 * VISITORS) as f64);
        running.spawn(client.send_until(began, first, pause, time));
    }
    let (clients, tallies): (Vec<Client>, Vec<Tally>) = running.join_all().await.into_iter().unzip();
    (clients, tallies.into_iter().fold(Tally::default(), Tally::and))
}

/// A client of one of the servers.
struct Client {
    connection: Connection,
    visitor: Visitor,
    is_bare: bool,
}

impl Client {
    /// Sends requests at fixed times, or without a pause. A request that had to wait for the one before it is measured from the
    /// time at which it was due, because a slow server must not slow its clients down. Hashing a password is slow by design, so
    /// what was due meanwhile is left out.
    async fn send_until(
        mut self,
        began: Instant,
        first: Duration,
        pause: Option<Duration>,
        time: Duration,
    ) -> (Self, Tally) {
        let (mut due, mut tally) = (began + first, Tally::default());
        while due.max(Instant::now()) < began + time {
            let is_early = Instant::now() < due;
            if is_early {
                sleep_until(due).await;
            }
            // The timer is late by up to a millisecond, which is not the server's fault.
            let from = if is_early { Instant::now() } else { due };
            let kind = match pause {
                _ if self.is_bare => Kind::Bare,
                None => Kind::User,
                Some(_) => self.visitor.next(began.elapsed()),
            };
            let status = self.exchange(kind).await;
            tally.add(kind, status, from.elapsed());
            due = match pause {
                Some(pause) if kind.hashes() => Instant::now().max(due + pause),
                Some(pause) => due + pause,
                None => Instant::now(),
            };
        }
        (self, tally)
    }

    /// Sends a request, keeps what the answer says about the session, and returns the status.
    async fn exchange(&mut self, kind: Kind) -> u16 {
        let answer = self.connection.send(&self.visitor.request(kind)).await;
        self.visitor.keep(kind, &answer);
        answer.status
    }
}
