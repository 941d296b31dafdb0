//! What a run prints.

use crate::contenders::{ALL, Contender};
use crate::measure::{Sample, above};

/// One contender's costs above axum's own.
pub struct Row {
    contender: &'static Contender,
    cost: Sample,
    least: f64,
}

/// The costs of all contenders, from samples in the order of [`ALL`]; those without authentication are left out.
pub fn rows(samples: &[Vec<Sample>]) -> Vec<Row> {
    let position = |name: &str| ALL.iter().position(|contender| contender.name == name).unwrap();
    let mut rows = Vec::new();
    for (contender, own) in ALL.iter().zip(samples) {
        if let Some(base) = contender.above {
            let (cost, least) = above(own, &samples[position(base)]);
            rows.push(Row { contender, cost, least });
        }
    }
    rows
}

/// Prints them, each with its ratio to the leanest that is not ours.
pub fn print(title: &str, rows: &[Row]) {
    let peers = || rows.iter().filter(|row| !row.contender.is_ours());
    let leanest = peers().map(|row| row.cost.nanoseconds).fold(f64::INFINITY, f64::min);
    println!("\n{title}\n\n| | ns, median | ns, least | allocations | to the leanest peer |\n|---|---|---|---|---|");
    for Row { contender, cost, least } in rows {
        let Sample { nanoseconds, allocations } = cost;
        let ratio = nanoseconds / leanest;
        println!("| {} | {nanoseconds:.0} | {least:.0} | {allocations:.1} | {ratio:.2} |", contender.name);
    }
}
