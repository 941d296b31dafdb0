//! The shape of the source: the order of the stages, the one place of cryptography, the lints, and a test for each promise.

mod macros;
mod runtime;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The Rust files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            found.extend(sources(&entry));
        } else if entry.extension().is_some_and(|ending| ending == "rs") {
            found.push(entry);
        }
    }
    found
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("text")
}

/// Without tests and comments.
fn code(path: &Path) -> String {
    let text = read(path);
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    // A file that is a test as a whole says so in its folder's `mod.rs`.
    if path.components().any(|part| part.as_os_str() == "differential" || part.as_os_str() == "browser_model.rs") {
        return String::new();
    }
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Which stage a file of the runtime belongs to.
fn stage(path: &Path) -> String {
    let relative = path.strip_prefix(root().join("jwt-auth/src")).expect("a file of the runtime");
    let first = relative.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn a_stage_imports_only_from_stages_listed_before_it() {
    let lib = read(&root().join("jwt-auth/src/lib.rs"));
    let modules = lib.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "));
    let order: BTreeMap<String, usize> =
        modules.enumerate().map(|(at, name)| (name.trim_end_matches(';').to_owned(), at)).collect();
    assert!(order.len() >= 10, "{order:?}");
    let mut edges = 0;
    for path in sources(&root().join("jwt-auth/src")).iter().filter(|path| !path.ends_with("lib.rs")) {
        let from = stage(path);
        for import in code(path).replace("$crate::", "").split("crate::").skip(1) {
            let to: String =
                import.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect();
            // A macro of `testing`, which Rust keeps at the root.
            if to.starts_with("__assert_") || to.starts_with("__store_") {
                continue;
            }
            let Some(at) = order.get(&to) else { panic!("{} imports `crate::{to}` from lib.rs", path.display()) };
            assert!(*at <= order[&from], "{} of stage `{from}` imports the later stage `{to}`", path.display());
            edges += 1;
        }
    }
    assert!(edges > 60, "{edges} edges");
}

// KEY-12
#[test]
fn only_jose_and_keys_name_a_crypto_crate() {
    let mut inside = 0;
    for path in sources(&root().join("jwt-auth/src")) {
        let code = code(&path);
        let names =
            ["aws_lc_rs::", "hmac::", "sha2::", "jsonwebtoken::", "rsa::", "p256::", "p384::", "ed25519_dalek::"]
                .iter()
                .any(|name| code.contains(name));
        if matches!(stage(&path).as_str(), "jose" | "keys") {
            inside += usize::from(names);
        } else {
            assert!(!names, "{}", path.display());
        }
    }
    assert!(inside >= 2);
    let all: String = sources(&root().join("jwt-auth/src")).iter().map(|path| code(path)).collect();
    assert!(!all.contains("install_default"));
}

// C9
#[test]
fn no_feature_of_ours_chooses_crypto_for_another_crate() {
    let manifests = [read(&root().join("Cargo.toml")), read(&root().join("jwt-auth/Cargo.toml"))];
    let lines = manifests.iter().flat_map(|manifest| manifest.lines()).filter(|line| line.contains("jsonwebtoken"));
    let lines: Vec<&str> = lines.filter(|line| !line.starts_with('#')).collect();
    assert_eq!(
        lines,
        ["jsonwebtoken = { version = \"11.1\", default-features = false }", "jsonwebtoken.workspace = true"],
        "its features are those of the whole build"
    );
}

// REL-01
#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let workspace = read(&root().join("Cargo.toml"));
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    for member in ["jwt-auth", "jwt-auth-macros", "benches", "examples", "tests", "tests/hygiene", "ui-tests"] {
        assert!(workspace.contains(&format!("\"{member}\"")), "{member} is a member");
        let manifest = read(&root().join(member).join("Cargo.toml"));
        assert!(manifest.contains("[lints]\nworkspace = true"), "{member}");
    }
    let lib = read(&root().join("jwt-auth/src/lib.rs"));
    for lint in ["unwrap_used", "expect_used", "panic", "indexing_slicing", "arithmetic_side_effects"] {
        assert!(lib.contains(&format!("clippy::{lint}")), "{lint}");
    }
}

#[test]
fn the_seed_programs_are_as_short_as_their_originals() {
    let lines = |name: &str| {
        let text = read(&root().join("examples").join(name));
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
    };
    // What the Python programs take, counted in the same way.
    assert!(lines("seed_oauth2.rs") <= 52, "{}", lines("seed_oauth2.rs"));
    assert!(lines("bearer.rs") <= 46, "{}", lines("bearer.rs"));
}

/// Every test's source: Rust, Python and JavaScript.
fn tests_text() -> String {
    fn walk(folder: &Path, text: &mut String) {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_source = [".rs", ".py", ".js"].iter().any(|ending| name.ends_with(ending));
            if entry.is_dir() && !matches!(name.as_str(), "node_modules" | "__pycache__") {
                walk(&entry, text);
            } else if is_source {
                text.push_str(&read(&entry));
            }
        }
    }
    let mut text = String::new();
    for folder in ["tests", "jwt-auth/src", "jwt-auth-macros/src", "ui-tests/tests"] {
        walk(&root().join(folder), &mut text);
    }
    text
}

// TOK-12
#[test]
fn pages_about_the_password_grant_say_that_it_is_for_first_party_pages() {
    for page in ["README.md", "SECURITY.md", "jwt-auth/docs/auth_backend.md", "jwt-auth/src/oauth2/form.rs"] {
        let text = read(&root().join(page)).replace("\n///", "").replace('\n', " ");
        assert!(text.contains("RFC 9700 section 2.4 forbids") && text.contains("first-party"), "{page}");
    }
}

#[test]
fn every_promise_is_named_by_a_test() {
    let page = read(&root().join("docs/security.md"));
    let tests = tests_text();
    let mut unproven = Vec::new();
    let tokens = [("JWS", 18), ("KEY", 13), ("CLM", 12), ("BRR", 11), ("CKE", 11)];
    let sessions = [("TOK", 13), ("THR", 3), ("REF", 11), ("REV", 8), ("SES", 2), ("STO", 9)];
    let services = [("EXC", 10), ("REL", 6), ("SEE", 4), ("ONE", 8), ("MCP", 1)];
    let topics: Vec<_> = tokens.into_iter().chain(sessions).chain(services).collect();
    // No promise is left out of this list.
    let promises = page.lines().filter(|line| line.starts_with("- **")).count();
    assert_eq!(promises, topics.iter().map(|(_, count)| count).sum::<usize>());
    for (topic, count) in topics {
        for id in (1..=count).map(|number| format!("{topic}-{number:02}")) {
            assert!(page.contains(&format!("- **{id}** ")), "{id} is not in docs/security.md");
            // A comment such as `JWS-01 to JWS-18` says what a file is about, and counts for none of them.
            let named = tests.lines().any(|line| {
                let comment = line.trim_start();
                let is_comment = comment.starts_with("//") || comment.starts_with('#') || comment.starts_with("\"\"\"");
                is_comment && comment.contains(&id) && !comment.contains(" to ")
            });
            if !named {
                unproven.push(id);
            }
        }
    }
    assert!(unproven.is_empty(), "no test names {unproven:?}");
}
