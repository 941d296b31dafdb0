//! What a run writes.

use std::path::Path;

use crate::contenders::{ALL, named};
use crate::measure::{Sample, above};
use crate::plot::Bars;
use crate::report::Report;

/// What something costs: the median and the least.
pub struct Row {
    pub name: &'static str,
    pub cost: Sample,
    pub least: f64,
}

/// The costs of all contenders above axum's own, from samples in the order of [`ALL`]; those without authentication are left out.
pub fn rows(samples: &[Vec<Sample>]) -> Vec<Row> {
    let position = |name: &str| ALL.iter().position(|contender| contender.name == name).unwrap();
    let mut rows = Vec::new();
    for (contender, own) in ALL.iter().zip(samples) {
        if let Some(base) = contender.above {
            let (cost, least) = above(own, &samples[position(base)]);
            rows.push(Row { name: contender.name, cost, least });
        }
    }
    rows
}

/// Each contender with its ratio to the leanest that is not ours.
pub fn to_leanest(title: &str, rows: &[Row]) -> Report {
    let peers = rows.iter().filter(|row| !named(row.name).is_ours());
    let leanest = peers.map(|row| row.cost.nanoseconds).fold(f64::INFINITY, f64::min);
    costs(title, rows, "to the leanest peer", leanest)
}

/// Each with its ratio to so many nanoseconds, which the plot is of.
pub fn costs(title: &str, rows: &[Row], against: &'static str, base: f64) -> Report {
    let ratio = |row: &Row| row.cost.nanoseconds / base;
    let cells = |row: &Row| {
        let Sample { nanoseconds, allocations } = row.cost;
        let costs = [format!("{nanoseconds:.0}"), format!("{:.0}", row.least), format!("{allocations:.1}")];
        [vec![row.name.to_owned()], costs.to_vec(), vec![format!("{:.2}", ratio(row))]].concat()
    };
    Report {
        header: vec!["", "ns, median", "ns, least", "allocations", against],
        rows: rows.iter().map(cells).collect(),
        plot: Bars {
            title: format!("{title}: CPU time, {against}"),
            bars: rows.iter().map(|row| bar(row.name.to_owned(), ratio(row))).collect(),
        },
        note: String::new(),
    }
}

/// A bar of a ratio.
pub fn bar(label: String, ratio: f64) -> (String, f64, String) {
    (label, ratio, format!("{ratio:.2}"))
}

/// Prints a report, and writes it into `README.md` and its plot into the documentation.
pub fn publish(name: &str, report: &Report) {
    println!("{}\n", report.plot.title);
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    report.publish(&name.to_lowercase(), &here.join("README.md"), &here.join("../../docs/plots/peers"));
}
