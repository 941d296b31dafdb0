//! A server on one core, a client on the other.

mod client;
mod process;

use std::time::Duration;

use crate::contenders::{ALL, BARE};
use crate::material::Algorithm;
use crate::measure::median;
use client::Load;
use process::Server;

pub use process::serve;

const ROUNDS: usize = 3;
const TIME: Duration = Duration::from_millis(1_500);
const CONNECTIONS: [usize; 2] = [32, 1_024];

/// The cores of server and client.
const CORES: [usize; 2] = [0, 1];

pub fn run(algorithms: &[Algorithm]) {
    core_affinity::set_for_current(core_affinity::CoreId { id: CORES[1] });
    for &algorithm in algorithms {
        let servers: Vec<_> = ALL.iter().map(|contender| Server::start(contender.name, algorithm)).collect();
        for connections in CONNECTIONS {
            let loads = rounds(&servers, connections);
            print(&format!("{}, {connections} connections", algorithm.name()), &loads);
        }
    }
}

/// By server, then by round.
fn rounds(servers: &[Server], connections: usize) -> Vec<Vec<Load>> {
    let mut loads = vec![Vec::new(); servers.len()];
    for round in 0..ROUNDS {
        for turn in 0..servers.len() {
            let index = (turn + round) % servers.len();
            loads[index].push(servers[index].load(connections, TIME));
        }
    }
    loads
}

fn print(title: &str, loads: &[Vec<Load>]) {
    let bare = ALL.iter().position(|contender| contender.name == BARE).unwrap();
    // Rounds are compared with themselves.
    let ratio =
        |own: &[Load], of: fn(&Load) -> f64| median(own.iter().zip(&loads[bare]).map(|(own, bare)| of(own) / of(bare)));
    println!("\n{title}\n\n| | requests/s | to bare | CPU us of the server a request | bare's to it | p99 ms |");
    println!("|---|---|---|---|---|---|");
    for (contender, own) in ALL.iter().zip(loads) {
        let rate = median(own.iter().map(Load::rate));
        let tail = median(own.iter().map(|load| load.p99.as_secs_f64() * 1e3));
        let cpu = 1e6 / median(own.iter().map(Load::rate_of_cpu));
        let (to_bare, to_bare_cpu) = (ratio(own, Load::rate), ratio(own, Load::rate_of_cpu));
        println!("| {} | {rate:.0} | {to_bare:.2} | {cpu:.1} | {to_bare_cpu:.2} | {tail:.1} |", contender.name);
    }
}
