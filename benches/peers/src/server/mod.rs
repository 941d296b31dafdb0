//! A server on one core, a client on the other.

mod client;
pub mod concurrency;
mod litestar;
mod process;
mod turns;

use std::time::Duration;

use crate::contenders::ALL;
use crate::material::Algorithm;
use client::Load;
use turns::Servers;

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
            println!("\n{}, {connections} connections\n", algorithm.name());
            println!("| | requests/s | to bare | CPU us of the server a request | bare's to it | p99 ms |");
            println!("|---|---|---|---|---|---|");
            for one in servers.take_turns(connections, ROUNDS, TIME) {
                let (rate, cpu, tail) = (one.median(Load::rate), one.median(Load::cpu_us), one.median(Load::p99_us));
                let (to_bare, to_bare_cpu) = (one.to_bare(Load::rate), one.to_bare(Load::cpu_us).recip());
                println!(
                    "| {} | {rate:.0} | {to_bare:.2} | {cpu:.1} | {to_bare_cpu:.2} | {:.1} |",
                    one.name,
                    tail / 1e3
                );
            }
        }
    }
}
