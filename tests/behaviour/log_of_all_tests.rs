//! The log of all other tests of this program, at every level, holds no secret and no token.

use std::process::Command;

use jwt_auth_tests::Folder;
use jwt_auth_tests::trace::FILE;

use crate::fixture::SECRET;

/// The tokens in a text: three segments of base64url, the first of which begins like an encoded JSON object.
fn tokens(text: &str) -> Vec<&str> {
    let is_token_byte = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.split(|c| !is_token_byte(c)).filter(|word| word.starts_with("eyJ") && word.matches('.').count() >= 1).collect()
}

// REL-06
#[test]
fn it_holds_no_secret_and_no_token() {
    let folder = Folder::new("log");
    let path = folder.join("all.log");
    // Runs this program again, without this test.
    let run = Command::new(std::env::current_exe().expect("this program"))
        .args(["--quiet", "--skip", "log_of_all_tests"])
        .env(FILE, &path)
        .output()
        .expect("it starts");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
    let log = std::fs::read_to_string(&path).expect("a log");
    // Makes sure that this is the log of the whole suite, not an empty log.
    assert!(log.lines().count() > 500, "{} lines", log.lines().count());
    for expected in ["refused: ", "accepted", "issued", "the signature does not verify", "DEBUG", "jti="] {
        assert!(log.contains(expected), "{expected}");
    }
    assert_eq!(tokens(&log), Vec::<&str>::new());
    for secret in [SECRET, "W5vJ7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5Eq3", "wonderland", "PRIVATE KEY", "hunter2"] {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[test]
fn a_token_would_be_found() {
    assert_eq!(tokens("x token=eyJhbGciOiJIUzI1NiJ9.e30.c2ln, y"), ["eyJhbGciOiJIUzI1NiJ9.e30.c2ln"]);
    assert!(tokens("jti=eyJhbGci accepted").is_empty());
}
