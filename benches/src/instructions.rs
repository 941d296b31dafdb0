//! The instructions of a request, counted by valgrind. Other work on the machine does not change the count, so one run is enough
//! to see a few percent more.

use std::path::Path;
use std::process::ExitCode;

use crate::callgrind;
use crate::plot::Bars;
use crate::report::{Report, grouped};

/// The tolerance in percent. The runs of one build differ by 0.1, and an unrelated change of the code can change the count by 1.
const MARGIN: f64 = 3.0;

pub(crate) fn report() -> Report {
    let counts = counts();
    let bar = |(name, count): &(String, u64)| (name.clone(), *count as f64, grouped(*count));
    Report {
        header: vec!["request", "instructions"],
        rows: counts.iter().map(|(name, count)| vec![name.clone(), grouped(*count)]).collect(),
        plot: Bars { title: "Instructions of a request".into(), bars: counts.iter().map(bar).collect() },
        note: format!("`callgrind_annotate` reads the profiles in {}", callgrind::folder().display()),
    }
}

/// Prints each request that takes more instructions than the page says. Fails if there is one.
pub(crate) fn check(page: &Path) -> ExitCode {
    let kept = kept("instructions", page);
    let is_good = counts().into_iter().fold(true, |is_good, (name, count)| {
        let row = kept.iter().find(|row| row[0] == name);
        let before: Option<u32> = row.and_then(|row| row.last()?.replace(',', "").parse().ok());
        let more = before.map(|before| 100.0 * (count as f64 / f64::from(before) - 1.0));
        let verdict = match more {
            None => "and the page has no number".to_owned(),
            Some(more) if more > MARGIN => format!("{more:+.2} %, MORE than the page says"),
            Some(more) => format!("{more:+.2} %"),
        };
        println!("{name}: {}, {verdict}", grouped(count));
        is_good && more.is_some_and(|more| more <= MARGIN)
    });
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The counts, which are for x86-64 with AVX2. Valgrind shows nothing newer to a program, even if the machine has it.
fn counts() -> Vec<(String, u64)> {
    #[cfg(target_arch = "x86_64")]
    assert!(is_x86_feature_detected!("avx2"), "the numbers of the page are of a processor with AVX2");
    callgrind::instructions()
}

/// The cells of the table with this name in the page, with its header.
fn kept(name: &str, page: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(page).expect("the page");
    let (_, rest) = text.split_once(&format!("<!-- {name} -->")).expect("the page has a mark for the question");
    let rows = rest.lines().take_while(|line| *line != "<!-- end -->").filter_map(|line| line.strip_prefix("| "));
    rows.map(|row| row.trim_end_matches(" |").split(" | ").map(str::to_owned).collect()).collect()
}
