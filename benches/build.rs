//! Writes backends with 1, 10, 100 and 1,000 exclude patterns, as a user would.

use std::fmt::Write;

fn main() {
    let mut text = String::new();
    for count in [1, 10, 100, 1_000] {
        let patterns = (0..count).fold(String::new(), |mut list, n| {
            let _ = write!(list, "\"/api/v1/resource_{n}/{{id}}/items\", ");
            list
        });
        let _ = writeln!(
            text,
            "/// With {count} patterns.\n#[derive(Debug)]\n#[jwt_auth::auth_backend(kind = \"bearer\", user = User, exclude = [{patterns}])]\npub struct Patterns{count};"
        );
    }
    let out = std::env::var("OUT_DIR").unwrap_or_default();
    if let Err(error) = std::fs::write(std::path::Path::new(&out).join("patterns.rs"), text) {
        panic!("the backends are not written: {error}");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
