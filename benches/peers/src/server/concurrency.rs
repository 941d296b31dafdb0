//! What a guard costs with few connections and with many.

use std::time::Duration;

use super::client::Load;
use super::litestar;
use super::turns::{Measured, Servers};
use crate::contenders::{ALL, BARE, Contender};
use crate::material::Algorithm;
use crate::plot::Bars;
use crate::report::{Report, grouped};
use crate::table;

const ROUNDS: usize = 5;
const TIME: Duration = Duration::from_secs(1);
const CONNECTIONS: [usize; 6] = [1, 4, 16, 64, 256, 1_024];

/// The peer that took the least CPU time where all of them were measured.
fn leanest(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Hs256 => "axum-jwt 0.1.3",
        Algorithm::Rs256 | Algorithm::Es256 | Algorithm::Ed25519 => "extractor by hand",
    }
}

pub fn run(algorithms: &[Algorithm]) {
    let litestar = litestar::if_installed();
    for &algorithm in algorithms {
        let is_asked = |one: &&Contender| one.name == BARE || one.is_ours() || one.name == leanest(algorithm);
        let names = ALL.iter().filter(is_asked).map(|one| one.name).chain(litestar);
        let servers = Servers::start(names, algorithm);
        let (mut rows, mut bars) = (Vec::new(), Vec::new());
        for connections in CONNECTIONS {
            for one in servers.take_turns(connections, ROUNDS, TIME) {
                let connections = grouped(connections as u64);
                if one.name != BARE {
                    bars.push(table::bar(format!("{connections}, {}", one.name), one.to_bare(Load::rate)));
                }
                rows.push([vec![connections], cells(&one)].concat());
            }
        }
        let name = algorithm.name();
        let report = Report {
            header: vec![
                "connections",
                "",
                "requests/s",
                "to bare",
                "CPU us of the server a request",
                "to bare",
                "p99 us",
                "to bare",
            ],
            rows,
            plot: Bars { title: format!("{name}, by connections: requests/s, to bare"), bars },
            note: String::new(),
        };
        table::publish(&format!("concurrency-{name}"), &report);
    }
}

fn cells(one: &Measured) -> Vec<String> {
    let (rate, cpu, tail) = (one.median(Load::rate), one.median(Load::cpu_us), one.median(Load::p99_us));
    let [to_rate, to_cpu, to_tail] =
        [Load::rate, Load::cpu_us, Load::p99_us].map(|of| format!("{:.2}", one.to_bare(of)));
    vec![one.name.to_owned(), format!("{rate:.0}"), to_rate, format!("{cpu:.1}"), to_cpu, format!("{tail:.0}"), to_tail]
}
