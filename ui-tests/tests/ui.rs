//! What the compiler tells a user. `TRYBUILD=overwrite` makes the `.stderr` files; a person reads them.
//!
//! Only `fail/` is given to trybuild. It then checks all cases with one run of cargo; with a case that has to compile among
//! them, it would build and link every case by itself. The cases in `pass/` are modules of `pass.rs`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The compiler that the expected messages are of; the one of `rust-toolchain.toml`.
const PINNED: &str = "rustc 1.95.";

fn require_pinned_compiler() {
    let version = Command::new("rustc").arg("--version").output().expect("rustc runs");
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    assert!(version.starts_with(PINNED), "the expected messages are those of {PINNED}x, this is {version}");
}

#[test]
fn mistakes_are_explained() {
    require_pinned_compiler();
    let cases = trybuild::TestCases::new();
    cases.compile_fail("fail/*/*.rs");
}

/// Every file of this ending below a folder.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                walk(&entry, ending, found);
            } else if entry.extension().is_some_and(|found| found == ending) {
                found.push(entry);
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), ending, &mut found);
    found
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("text")
}

#[test]
fn every_case_has_a_message_and_every_message_a_case() {
    let (cases, messages) = (files("fail", "rs"), files("fail", "stderr"));
    assert!(cases.len() >= 90, "{} cases", cases.len());
    assert!(files("pass", "rs").len() >= 25, "{} cases", files("pass", "rs").len());
    assert!(cases.iter().all(|case| case.with_extension("stderr").exists()));
    assert!(messages.iter().all(|message| message.with_extension("rs").exists()));
}

#[test]
fn no_message_leaks_the_macro() {
    for path in files("fail", "stderr") {
        assert!(!read(&path).contains("this error originates in"), "{}", path.display());
    }
}

/// The lines that begin an error.
fn errors(message: &str) -> usize {
    message.lines().filter(|line| line.starts_with("error")).count()
}

#[test]
fn one_mistake_gives_one_error_and_three_give_three() {
    for path in files("fail", "stderr") {
        let expected = match path.file_stem().and_then(|name| name.to_str()) {
            Some("three_mistakes") => 3,
            // That it is no user, and that it can therefore not be rebuilt: two traits of the same type.
            Some("user_is_no_user") => 2,
            _ => 1,
        };
        assert_eq!(errors(&read(&path)), expected, "{}", path.display());
    }
}

/// Messages of the compiler that the documentation quotes, since we cannot put our own words there. `..` stands for
/// anything.
#[test]
fn every_message_that_the_documentation_quotes_is_one_of_the_compiler() {
    // The compiler writes a trait with its path if another crate of the build has one of that name, as with all features here.
    let message = |path: &PathBuf| read(path).replace("axum::handler::Handler", "Handler");
    let messages: Vec<String> = files("fail", "stderr").iter().map(message).collect();
    let mut quoted = 0;
    for path in files("../jwt-auth/src", "rs") {
        let lines = read(&path).replace("```", "");
        let text = lines.lines().map(|line| line.trim().trim_start_matches('/').trim()).collect::<Vec<_>>().join(" ");
        for quote in text.split("``").skip(1).step_by(2).filter(|quote| quote.contains('`')) {
            let parts: Vec<&str> = quote.trim().split("..").collect();
            let shows = |message: &&String| {
                let mut rest = message.as_str();
                parts.iter().all(|part| rest.split_once(part).map(|(_, behind)| rest = behind).is_some())
            };
            assert!(messages.iter().any(|message| shows(&message)), "{quote} of {} is no message", path.display());
            quoted += 1;
        }
    }
    assert!(quoted >= 5, "{quoted} messages");
}

/// What a message says to write: the text in backticks behind `write`, `use` or `add`.
fn suggestions(message: &str) -> Vec<String> {
    let mut found = Vec::new();
    for verb in ["; write `", "; use `", "; add `", ", write `"] {
        for (start, _) in message.match_indices(verb) {
            let rest = &message[start + verb.len()..];
            found.extend(rest.split('`').next().map(str::to_owned));
        }
    }
    found
}

#[test]
fn every_suggestion_occurs_in_a_case_that_compiles() {
    let passing: String = files("pass", "rs").iter().map(|path| read(path)).collect();
    for path in files("fail", "stderr") {
        for suggestion in suggestions(&read(&path)) {
            assert!(passing.contains(&suggestion), "`{suggestion}` of {} is in no pass case", path.display());
        }
    }
}
