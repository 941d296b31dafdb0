//! Public test vectors: Wycheproof (Apache-2.0), the examples of RFC 7515, 7520 and 8037. They are read from
//! `JWT_AUTH_VECTORS`, or from `shared/vectors` beside the checkout, and are no part of this project. Where they are
//! absent each test says that it was skipped; with `JWT_AUTH_REQUIRE` set that is a failure.

mod jwk;
mod jws;
mod primitives;

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The folder of the vectors.
fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors");
    let folder = std::env::var_os("JWT_AUTH_VECTORS").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var_os("JWT_AUTH_REQUIRE").is_none(),
        "the vectors are required, and not at {}",
        folder.display()
    );
    println!(
        "skipped: no test vectors at {}; name their folder in JWT_AUTH_VECTORS. They are the `testvectors` of \
         github.com/C2SP/wycheproof and the ones of github.com/ietf-jose/cookbook",
        folder.display()
    );
    None
}

/// One file of them.
fn read(name: &str) -> Option<Value> {
    let text = std::fs::read_to_string(folder()?.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}")))
}

/// Every test of a Wycheproof file, with its group.
fn tests(file: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    let groups = file["testGroups"].as_array().expect("groups").iter();
    groups.flat_map(|group| group["tests"].as_array().expect("tests").iter().map(move |test| (group, test)))
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn id(test: &Value) -> u64 {
    test["tcId"].as_u64().expect("a number")
}
