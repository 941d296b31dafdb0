//! Which promises do the stores with replicas keep under load while servers fail? The tests of the stores run a short form.

use std::sync::Arc;
use std::time::Duration;

use jwt_auth::store::Store;

use crate::failover::Replicated;
use crate::history::{Failover, Verdict, judge};
use crate::plot::Bars;
use crate::register::{Load, Notes, keys};
use crate::report::{Report, grouped};
use crate::standby::{Failure, Replicating};

const KILLS: usize = 20;
const HANGS: usize = 5;
const MOVES: usize = 5;
const PROMOTIONS: usize = 5;
const GROUPS: usize = 6;
const IN_EACH: u8 = 4;

const HEADER: [&str; 7] = [
    "what happens",
    "times",
    "double winners",
    "lost, usual",
    "lost, confirmed",
    "old reads",
    "back, median and worst",
];

struct Case {
    name: &'static str,
    times: usize,
    notes: Notes,
    failovers: Vec<Failover>,
}

impl Case {
    fn verdict(&self) -> Verdict {
        judge(&self.notes, &self.failovers)
    }

    /// For each failure, the seconds from the first answered new connection until every document can be read, sorted.
    fn back(&self) -> Vec<f64> {
        let seconds = |failover: &Failover| {
            self.notes.back_after(failover.promoted).map_or(f64::INFINITY, |(_, every)| every.as_secs_f64())
        };
        let mut back: Vec<f64> = self.failovers.iter().map(seconds).collect();
        back.sort_by(f64::total_cmp);
        back
    }

    fn row(&self) -> Vec<String> {
        let (verdict, back) = (self.verdict(), self.back());
        let of = |lost: usize, all: usize| format!("{} of {}", grouped(lost as u64), grouped(all as u64));
        let back = match (back.get(back.len() / 2), back.last()) {
            (Some(median), Some(worst)) => format!("{median:.2} s, {worst:.2} s"),
            _ => "never away".into(),
        };
        vec![
            self.name.into(),
            self.times.to_string(),
            verdict.double_winners.to_string(),
            of(verdict.lost_usual, verdict.confirmed_usual),
            of(verdict.lost_confirmed, verdict.confirmed_confirmed),
            of(verdict.stale_reads, verdict.reads),
            back,
        ]
    }

    fn note(&self) -> String {
        let promoted: Vec<Duration> =
            self.failovers.iter().map(|failover| failover.promoted - failover.began).collect();
        let slowest = promoted.iter().max();
        format!("{}: {}; promoted after {slowest:?} at most; {:?}", self.name, self.verdict(), self.notes.errors)
    }
}

fn answer(title: &str, cases: &[Case], more: &str) -> Report {
    let worst = |case: &Case| case.back().last().copied().unwrap_or_default();
    let bar = |case: &Case| (case.name.to_owned(), worst(case), format!("{:.2} s", worst(case)));
    let notes: Vec<String> = cases.iter().map(Case::note).collect();
    Report {
        header: HEADER.to_vec(),
        rows: cases.iter().map(Case::row).collect(),
        plot: Bars {
            title: title.into(),
            bars: cases.iter().filter(|case| !case.failovers.is_empty()).map(bar).collect(),
        },
        note: notes.join("\n\n") + more,
    }
}

fn groups() -> Vec<String> {
    (0..GROUPS).map(|n| format!("g{n}")).collect()
}

async fn load(handles: &[Arc<dyn Store>]) -> Load {
    let load = Load::start(handles, keys(&groups(), IN_EACH)).await;
    load.is_answered().await;
    load
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

pub(crate) fn redis() -> Report {
    let (cases, past) = runtime().block_on(on_a_cluster());
    let more = format!(
        "\n\nMasters that were replaced answered from their past for {past:?}: those that hung, and those that were cut off."
    );
    answer("Seconds until a Redis Cluster is back, at the worst", &cases, &more)
}

async fn on_a_cluster() -> (Vec<Case>, Vec<Duration>) {
    let mut cluster = Replicated::start().await.expect("redis-server must be installed");
    let (handles, groups) = ([cluster.store().await, cluster.store().await], groups());
    let (mut cases, mut past) = (Vec::new(), Vec::new());
    for (name, loses_replica) in [("a master is killed", false), ("a master is killed, and has lost its replica", true)]
    {
        let (running, mut failovers) = (load(&handles).await, Vec::new());
        for n in 0..KILLS / 2 {
            failovers.push(cluster.kill(&groups[n % GROUPS], loses_replica, &running).await);
            running.is_answered().await;
        }
        cases.push(Case { name, times: KILLS / 2, notes: running.stop().await, failovers });
    }
    let (running, mut failovers) = (load(&handles).await, Vec::new());
    for n in 0..HANGS {
        let (failover, answered) = cluster.hang(&groups[n % GROUPS], &running).await;
        running.is_answered().await;
        failovers.push(failover);
        past.push(answered);
    }
    cases.push(Case { name: "a master hangs, and goes on", times: HANGS, notes: running.stop().await, failovers });
    let running = load(&handles).await;
    for n in 0..MOVES {
        cluster.move_slot(&groups[n % GROUPS], &running).await;
        running.is_answered().await;
    }
    let notes = running.stop().await;
    cases.push(Case { name: "a slot moves", times: MOVES, notes, failovers: Vec::new() });
    drop(cluster);
    cases.push(on_a_network(&mut past).await);
    (cases, past)
}

/// A master is cut off from the other nodes, but clients still reach it.
async fn on_a_network(past: &mut Vec<Duration>) -> Case {
    let (cluster, network) = Replicated::on_a_network().await.expect("redis-server must be installed");
    let (handles, groups) = ([cluster.store().await, cluster.store().await], groups());
    let (running, mut failovers) = (load(&handles).await, Vec::new());
    for n in 0..HANGS {
        let (failover, answered) = cluster.cut_off(&groups[n % GROUPS], &network, &running).await;
        running.is_answered().await;
        failovers.push(failover);
        past.push(answered);
    }
    Case { name: "a master is cut off from the others", times: HANGS, notes: running.stop().await, failovers }
}

pub(crate) fn postgres() -> Report {
    let cases = runtime().block_on(async {
        let cases = [
            ("synchronous, killed", true, Failure::Killed, false),
            ("synchronous, hangs", true, Failure::Hung, false),
            ("synchronous, killed, and has lost its standby", true, Failure::Killed, true),
            ("asynchronous, killed", false, Failure::Killed, false),
            ("asynchronous, killed, and has lost its standby", false, Failure::Killed, true),
        ];
        let mut answers = Vec::new();
        for (name, is_synchronous, failure, is_cut_off) in cases {
            let mut both = Replicating::start(is_synchronous).await.expect("PostgreSQL must be installed");
            let handles = [both.store().await, both.store().await];
            let (running, mut failovers) = (load(&handles).await, Vec::new());
            for _ in 0..PROMOTIONS {
                failovers.push(both.fail_over(failure, is_cut_off, &running).await);
                running.is_answered().await;
            }
            answers.push(Case { name, times: PROMOTIONS, notes: running.stop().await, failovers });
        }
        answers
    });
    answer("Seconds until a promoted PostgreSQL is back, at the worst", &cases, "")
}
