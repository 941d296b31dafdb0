//! The size of the code that one use of a macro expands to.

use super::expansion::{expanded, program, size};
use super::uses::{USES, package};
use crate::plot::Bars;
use crate::report::{Report, grouped};

pub(crate) fn report() -> Report {
    let package = package("macro-size");
    let sizes: Vec<(&str, usize, usize)> = USES
        .iter()
        .enumerate()
        .map(|(at, one)| {
            let [(lines, bytes), (bare_lines, bare_bytes)] =
                [("with", one.with(1)), ("bare", one.bare(1))].map(|(kind, items)| {
                    let name = format!("{kind}-{at}");
                    program(&package, &name, &items);
                    size(&expanded(&package, &name))
                });
            (one.name, lines - bare_lines, bytes - bare_bytes)
        })
        .collect();
    let row = |(name, lines, bytes): &(&str, usize, usize)| {
        vec![(*name).to_owned(), lines.to_string(), grouped(*bytes as u64)]
    };
    let bar = |(name, lines, _): &(&str, usize, usize)| (name.replace('`', ""), *lines as f64, lines.to_string());
    Report {
        header: vec!["macro", "lines", "bytes of tokens"],
        rows: sizes.iter().map(row).collect(),
        plot: Bars { title: "Lines that one use becomes".into(), bars: sizes.iter().map(bar).collect() },
        note: String::new(),
    }
}
