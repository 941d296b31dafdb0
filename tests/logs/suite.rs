//! The log of all behaviour tests, at every level, holds no secret and no token.

use std::process::Command;

use jwt_auth_tests::trace::FILE;

use crate::fixture::SECRET;

/// Three segments of base64url that begin as a JSON object does: a token.
fn tokens(text: &str) -> Vec<&str> {
    let is_token_byte = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.split(|c| !is_token_byte(c)).filter(|word| word.starts_with("eyJ") && word.matches('.').count() >= 1).collect()
}

// REL-06
#[test]
fn the_log_of_all_behaviour_tests_holds_no_secret_and_no_token() {
    let path = std::env::temp_dir().join(format!("jwt-auth-trace-{}.log", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let run = Command::new(env!("CARGO"))
        .args(["test", "--quiet", "-p", "jwt-auth-tests", "--test", "behaviour", "--all-features"])
        .env(FILE, &path)
        .output()
        .expect("cargo runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
    let log = std::fs::read_to_string(&path).expect("a log");
    let _ = std::fs::remove_file(&path);
    // It is the log of the whole suite, and not an empty one.
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
