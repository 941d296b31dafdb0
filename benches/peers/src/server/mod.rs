//! A server on one core, a client on the other.

mod client;
pub mod concurrency;
mod litestar;
mod process;
mod turns;
mod wrk;

use std::time::Duration;

use crate::contenders::ALL;
use crate::material::Algorithm;
use crate::plot::Bars;
use crate::report::{Report, grouped};
use crate::table;
use client::Load;
use turns::{Measured, Servers};

pub use process::serve;

const ROUNDS: usize = 3;
const TIME: Duration = Duration::from_millis(1_500);
const CONNECTIONS: [usize; 2] = [32, 1_024];

/// The cores of server and client.
const CORES: [usize; 2] = [0, 1];

pub fn run(algorithms: &[Algorithm]) {
    let names: Vec<_> = ALL.iter().map(|one| one.name).chain(litestar::if_installed()).collect();
    for &algorithm in algorithms {
        let servers = Servers::start(names.iter().copied(), algorithm);
        for connections in CONNECTIONS {
            let name = algorithm.name();
            let title = format!("{name}, {} connections", grouped(connections as u64));
            let measured = servers.take_turns(connections, ROUNDS, TIME);
            table::publish(&format!("server-{name}-{connections}"), &report(&title, &measured));
        }
    }
}

fn report(title: &str, measured: &[Measured]) -> Report {
    let cells = |one: &Measured| {
        let (rate, cpu, tail) = (one.median(Load::rate), one.median(Load::cpu_us), one.median(Load::p99_us));
        let (to_bare, to_bare_cpu) = (one.to_bare(Load::rate), one.to_bare(Load::cpu_us).recip());
        vec![
            one.name.to_owned(),
            format!("{rate:.0}"),
            format!("{to_bare:.2}"),
            format!("{cpu:.1}"),
            format!("{to_bare_cpu:.2}"),
            format!("{:.1}", tail / 1e3),
        ]
    };
    let bar = |one: &Measured| table::bar(one.name.to_owned(), one.to_bare(Load::rate));
    Report {
        header: vec!["", "requests/s", "to bare", "CPU us of the server a request", "bare's to it", "p99 ms"],
        rows: measured.iter().map(cells).collect(),
        plot: Bars { title: format!("{title}: requests/s, to bare"), bars: measured.iter().map(bar).collect() },
        note: String::new(),
    }
}
