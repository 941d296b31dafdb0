//! Instructions of a request, counted by valgrind: what else the machine does changes none of them, so a few percent more are
//! seen in one run.

use std::process::ExitCode;

use crate::callgrind;
use crate::plot::Bars;
use crate::report::{self, Report, grouped};

const NAME: &str = "instructions";
/// In percent. Runs stray from each other by a tenth of this.
const MARGIN: f64 = 3.0;

pub(crate) fn report() -> Report {
    let counts = counts();
    let bare = counts[0].1;
    let row = |(name, count): &(String, u64)| vec![name.clone(), grouped(*count), grouped(count.saturating_sub(bare))];
    let bar = |(name, count): &(String, u64)| (name.clone(), *count as f64, grouped(*count));
    Report {
        header: vec!["request", "instructions", "above bare axum"],
        rows: counts.iter().map(row).collect(),
        plot: Bars { title: "Instructions of a request".into(), bars: counts.iter().map(bar).collect() },
        note: format!("`callgrind_annotate` reads what is in {}", callgrind::folder().display()),
    }
}

/// Fails where a request takes more instructions than the page says.
pub(crate) fn check() -> ExitCode {
    let kept = report::kept(NAME);
    let mut is_good = true;
    for (name, count) in counts() {
        let Some(before) =
            kept.iter().find(|row| row[0] == name).and_then(|row| row[1].replace(',', "").parse::<u32>().ok())
        else {
            println!("{name}: the page has no number");
            is_good = false;
            continue;
        };
        let change = 100.0 * (count as f64 / f64::from(before) - 1.0);
        let verdict = if change > MARGIN { ", which is too many" } else { "" };
        println!("{name}: {} instructions, {change:+.2} %{verdict}", grouped(count));
        is_good &= change <= MARGIN;
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn counts() -> Vec<(String, u64)> {
    #[cfg(target_arch = "x86_64")]
    assert!(is_x86_feature_detected!("avx2"), "the numbers are of a processor with AVX2");
    callgrind::instructions()
}
