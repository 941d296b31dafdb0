//! The CPU time that a use of the macros adds to `cargo check`, compared with the expansion of the macro as plain source.

use super::expansion::{self, expanded, program};
use super::package::Package;
use super::uses::{OURS, USES, package};
use crate::harness::{Samples, interleaved};
use crate::plot::Bars;
use crate::report::Report;

const COUNTS: [usize; 3] = [1, 10, 100];
const MOST: usize = 100;
const ROUNDS: usize = 5;

pub(crate) fn report() -> Report {
    let package = package("macro-use");
    package.offline(&["check"]);
    let mut programs = Vec::new();
    let mut add = |name: String, items: String| {
        program(&package, &name, &items);
        programs.push(name);
        programs.len() - 1
    };
    let mut by_hand = |name: String, items: String| {
        let with = add(format!("{name}-macro"), items);
        let text = expansion::by_hand(expanded(&package, &format!("{name}-macro")));
        [with, add(format!("{name}-hand"), text)]
    };
    // For each count, the macro and the code by hand; then both of our macros together.
    let pairs: Vec<[[usize; 2]; 3]> = USES
        .iter()
        .enumerate()
        .map(|(at, one)| COUNTS.map(|count| by_hand(format!("use-{at}-{count}"), one.with(count))))
        .collect();
    let ours = by_hand("ours".into(), USES[..OURS].iter().map(|one| one.with(MOST)).collect());
    let bare: Vec<usize> = USES.iter().enumerate().map(|(at, one)| add(format!("bare-{at}"), one.bare(MOST))).collect();
    let bare_ours = add("bare-ours".into(), USES[..OURS].iter().map(|one| one.bare(MOST)).collect());
    let samples = interleaved(programs.len(), ROUNDS, |case, samples| samples.push(checked(&package, &programs[case])));
    let apart = |[with, without]: [usize; 2]| samples[with].median() - samples[without].median();
    let shown = |seconds: f64| format!("{:.0} ms", seconds * 1e3);
    let row = |name: &str, pairs: &[[usize; 2]], bare: usize| {
        let most = pairs[pairs.len() - 1];
        let mut row = vec![name.to_owned()];
        row.resize(1 + COUNTS.len() - pairs.len(), "".into());
        row.extend(pairs.iter().map(|pair| shown(apart(*pair))));
        row.push(shown(apart([most[0], bare])));
        row
    };
    let each = USES.iter().zip(&pairs).zip(&bare);
    let mut rows: Vec<Vec<String>> = each.map(|((one, pairs), bare)| row(one.name, pairs, *bare)).collect();
    rows.insert(OURS, row("both of ours", &[ours], bare_ours));
    let bars = USES.iter().zip(&pairs).map(|(one, pairs)| (one.name.replace('`', ""), apart(pairs[2])));
    Report {
        header: vec!["macro", "1 use", "10 uses", "100 uses", "100, with the code itself"],
        rows,
        plot: Bars {
            title: "CPU of 100 uses in `cargo check`, over the same code by hand".into(),
            bars: bars.map(|(name, seconds)| (name, seconds.max(0.0), shown(seconds))).collect(),
        },
        note: note(&samples[ours[1]], &samples[ours[0]]),
    }
}

fn checked(package: &Package, name: &str) -> f64 {
    package.touch(&format!("src/bin/{name}.rs"));
    package.seconds(&["check", "--bin", name])
}

fn note(hand: &Samples, with: &Samples) -> String {
    format!(
        "both of ours: {:.2} s of CPU by hand, {:.2} with the macros; at the least {:.2} and {:.2}",
        hand.median(),
        with.median(),
        hand.min(),
        with.min()
    )
}
