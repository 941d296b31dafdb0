//! This binary again, under valgrind.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Of all requests of a case together.
pub(crate) fn instructions(case: &str) -> u64 {
    std::fs::create_dir_all(folder()).expect("a folder");
    let profile = folder().join(format!("{}.out", case.replace(|char: char| !char.is_ascii_alphanumeric(), "-")));
    let ran = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--collect-atstart=no", "--toggle-collect=*::cases::counted"])
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(std::env::current_exe().expect("a path"))
        .args(["instructions", "--send", case])
        .stdin(Stdio::null())
        .status()
        .expect("valgrind is installed");
    assert!(ran.success(), "{case} failed under valgrind");
    let written = std::fs::read_to_string(&profile).expect("a profile");
    let total = written.lines().find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok());
    total.filter(|total| *total > 0).expect("valgrind knows the function by its name")
}

/// Where the profiles are left.
pub(crate) fn folder() -> PathBuf {
    std::env::current_exe().expect("a path").with_file_name("instructions")
}
