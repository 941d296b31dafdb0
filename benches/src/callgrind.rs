//! Runs the program `requests` under valgrind.

use std::path::{Path, PathBuf};
use std::process::Command;

use jwt_auth_benches::COUNTED_REQUESTS;

/// The instructions of one request, for each case.
pub(crate) fn instructions() -> Vec<(String, u64)> {
    // `cargo run` builds only the program that it runs, so `requests` is built here.
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--release", "--package", "jwt-auth-benches", "--bin", "requests", "--target-dir"]);
    text(build.arg(beside("..")).current_dir(env!("CARGO_MANIFEST_DIR")));
    let program = beside("requests");
    let names = text(&mut Command::new(&program));
    names.lines().map(|name| (name.to_owned(), of(&program, name))).collect()
}

/// The folder of the profiles.
pub(crate) fn folder() -> PathBuf {
    beside("instructions")
}

fn of(program: &Path, case: &str) -> u64 {
    std::fs::create_dir_all(folder()).expect("a folder");
    let name = case.replace(|char: char| !char.is_ascii_alphanumeric(), "-");
    let profile = folder().join(format!("{name}.out"));
    let out = format!("--callgrind-out-file={}", profile.display());
    let options = ["--tool=callgrind", "--quiet", "--collect-atstart=no", "--toggle-collect=requests::counted", &out];
    text(Command::new("valgrind").args(options).arg(program).arg(case));
    let profile = std::fs::read_to_string(&profile).expect("a profile");
    let total = profile.lines().find_map(|line| line.strip_prefix("totals: ")?.trim().parse::<u64>().ok());
    total.filter(|total| *total > 0).expect("valgrind knows the function by its name") / COUNTED_REQUESTS as u64
}

fn text(command: &mut Command) -> String {
    let ran = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(ran.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

fn beside(name: &str) -> PathBuf {
    std::env::current_exe().expect("a path").with_file_name(name)
}
