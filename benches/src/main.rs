//! The benchmarks: `cargo run --release -p jwt-auth-benches -- exclude growth memory stores login`. Each name is a question. Its
//! answer is a table of ratios within one run. It is printed and written into `docs/benchmarks.md`, with a plot in `docs/plots`.
//! `load` sends requests to an example for ten minutes, and also says whether it passed.

mod callgrind;
mod compile;
mod documents;
mod exclude;
#[path = "../../tests/stores/replicated_redis.rs"]
mod failover;
mod growth;
mod harness;
#[path = "../../tests/stores/history.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod history;
mod instructions;
mod load;
mod login;
mod memory;
#[path = "../../tests/stores/network.rs"]
mod network;
mod outages;
mod plot;
#[path = "../../tests/stores/register.rs"]
mod register;
mod report;
mod router;
#[path = "../../tests/stores/servers.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod servers;
#[path = "../../tests/stores/replicated_postgres.rs"]
mod standby;
mod stores;

use std::path::Path;
use std::process::{Command, ExitCode};

// The users of the example need this type.
use login::User;

type Question = (&'static str, fn() -> report::Report);

/// The questions, in the order of the page.
const QUESTIONS: [Question; 14] = [
    ("exclude", exclude::report),
    ("growth", growth::report),
    ("memory", memory::report),
    ("stores", stores::report),
    ("documents", documents::report),
    ("sweep", documents::sweep),
    ("outages-redis", outages::redis),
    ("outages-postgres", outages::postgres),
    ("login", login::report),
    ("instructions", instructions::report),
    ("macro-use", compile::macro_use::report),
    ("macro-size", compile::macro_size::report),
    ("macro-build", compile::macro_build::report),
    ("cold-build", compile::cold_build::report),
];

fn main() -> ExitCode {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let question = |name: &String| QUESTIONS.iter().find(|(known, _)| known == name);
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let (page, plots) = (docs.join("benchmarks.md"), docs.join("plots"));
    let words: Vec<&str> = asked.iter().map(String::as_str).collect();
    if words == ["instructions", "--check"] {
        return instructions::check(&page);
    }
    if let ["load", options @ ..] = words.as_slice() {
        return load::command(options, &page, &plots);
    }
    match asked.as_slice() {
        [name] if question(name).is_some() => {
            println!("## {name}\n");
            question(name).into_iter().for_each(|(name, report)| report().publish(name, &page, &plots));
            ExitCode::SUCCESS
        }
        [_, _, ..] if asked.iter().all(|name| question(name).is_some()) => apart(&asked),
        _ => {
            let names: Vec<&str> = QUESTIONS.iter().map(|(name, _)| *name).collect();
            println!("name one or more of: {}; or `load` alone", names.join(", "));
            ExitCode::FAILURE
        }
    }
}

/// Runs each question in its own process, because the heap that one leaves behind would affect the next.
fn apart(names: &[String]) -> ExitCode {
    let this = std::env::current_exe().expect("a path");
    let is_answered = |name: &String| Command::new(&this).arg(name).status().is_ok_and(|status| status.success());
    if names.iter().all(is_answered) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
