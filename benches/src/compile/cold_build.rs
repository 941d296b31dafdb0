//! The CPU time of the first build of an application.

use std::collections::BTreeSet;

use super::package::Package;
use crate::harness::Samples;
use crate::plot::Bars;
use crate::report::Report;

const ROUNDS: usize = 3;
/// The case that the others are divided by.
const MEASURE: usize = 1;

const COMMON: &str = "axum = \"0.8\"\nserde = { version = \"1\", features = [\"derive\"] }\n\
                      tokio = { version = \"1\", features = [\"macros\", \"net\", \"rt-multi-thread\"] }\n";

/// For each application: its name, its dependencies besides the common ones, and a program that serves `/me`.
const APPS: [(&str, &str, &str); 3] = [
    ("jwt-auth", "jwt-auth = { path = \"WORKSPACE/jwt-auth\" }", include_str!("apps/ours.rs")),
    (
        "jsonwebtoken 11",
        "jsonwebtoken = { version = \"11\", features = [\"aws_lc_rs\"] }",
        include_str!("apps/jsonwebtoken.rs"),
    ),
    (
        // With `rust_crypto`, which axum-jwt-auth chooses.
        "axum-jwt-auth 0.7",
        "axum-jwt-auth = \"0.7\"\njsonwebtoken = \"10\"",
        include_str!("apps/axum_jwt_auth.rs"),
    ),
];

pub(crate) fn report() -> Report {
    let packages: Vec<Package> = APPS
        .iter()
        .enumerate()
        .map(|(at, (_, own, main))| Package::new(&format!("cold-build-{at}"), &format!("{COMMON}{own}\n"), main))
        .collect();
    let mut seconds = vec![Vec::new(); APPS.len()];
    // Every round counts, because each starts without any build.
    for round in 0..ROUNDS {
        for turn in 0..APPS.len() {
            let case = (round + turn) % APPS.len();
            let taken = packages[case].seconds(&["build"]);
            println!("axum and {}: {taken:.1} s", APPS[case].0);
            seconds[case].push(taken);
            packages[case].forget_builds();
        }
    }
    let samples: Vec<Samples> = seconds.into_iter().map(Samples::new).collect();
    let against = |case: usize| samples[case].median() / samples[MEASURE].median();
    let rows = APPS.iter().enumerate().map(|(case, (name, ..))| {
        let crates = crates(&packages[case]).to_string();
        vec![(*name).to_owned(), crates, format!("{:.0} s", samples[case].median()), format!("{:.2}", against(case))]
    });
    let bars = APPS
        .iter()
        .enumerate()
        .map(|(case, (name, ..))| (format!("axum and {name}"), against(case), format!("{:.2}", against(case))));
    Report {
        header: vec!["axum and", "crates", "CPU", "against jsonwebtoken"],
        rows: rows.collect(),
        plot: Bars { title: "CPU of a first build, against axum and jsonwebtoken".into(), bars: bars.collect() },
        note: String::new(),
    }
}

/// The number of crates that `cargo tree -e normal,build --prefix none | sort -u` lists. Repeated ones, marked `(*)`, count once.
fn crates(package: &Package) -> usize {
    let tree = package.offline(&["tree", "-e", "normal,build", "--prefix", "none", "--no-dedupe"]);
    let lines: BTreeSet<String> = String::from_utf8_lossy(&tree.stdout).lines().map(str::to_owned).collect();
    lines.len()
}
