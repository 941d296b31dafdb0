//! The CPU time of compiling the macro crate, with its dependencies already built.

use super::package::Package;
use crate::harness::interleaved;
use crate::plot::Bars;
use crate::report::Report;

const ROUNDS: usize = 7;
/// The case that the others are divided by.
const MEASURE: usize = 1;
const CRATES: [&str; 6] =
    ["jwt-auth-macros", "clap_derive", "thiserror-impl", "axum-macros", "bon-macros", "utoipa-gen"];

pub(crate) fn report() -> Report {
    // Each with the features that it gets from the crate that users depend on.
    let dependencies = "axum = { version = \"0.8\", features = [\"macros\"] }\nbon = \"3\"\n\
                        clap = { version = \"4\", features = [\"derive\"] }\n\
                        jwt-auth-macros = { path = \"WORKSPACE/jwt-auth-macros\" }\nthiserror = \"2\"\nutoipa = \"6\"\n";
    let package = Package::new("macro-build", dependencies, "fn main() {}\n");
    CRATES.iter().for_each(|name| drop(package.offline(&["build", "-p", name])));
    let samples = interleaved(CRATES.len(), ROUNDS, |case, samples| {
        package.offline(&["clean", "-p", CRATES[case]]);
        samples.push(package.seconds(&["build", "-p", CRATES[case]]));
    });
    let against = |case: usize| samples[case].median() / samples[MEASURE].median();
    let name = |case: usize| format!("{} {}", CRATES[case], package.version_of(CRATES[case]));
    let cases = 0..CRATES.len();
    Report {
        header: vec!["crate", "CPU", "against clap_derive"],
        rows: cases
            .clone()
            .map(|case| vec![name(case), format!("{:.2} s", samples[case].median()), format!("{:.2}", against(case))])
            .collect(),
        plot: Bars {
            title: "CPU to compile a macro crate, against clap_derive".into(),
            bars: cases.map(|case| (name(case), against(case), format!("{:.2}", against(case)))).collect(),
        },
        note: String::new(),
    }
}
