//! Requests that are refused, HS256.

use axum::http::StatusCode;

use crate::contenders::ALL;
use crate::material::{Algorithm, Material, Wish};
use crate::measure::{answer, bearer, interleave, requests, runtime};
use crate::table;

/// Makes a bad token of a good one.
type Spoil = fn(&str) -> String;

const CASES: [(&str, &str, Spoil, u32); 4] = [
    ("reject-signature", "A bad signature", bad_signature, 1_000),
    ("reject-garbage", "8 KiB of garbage", |_| "x".repeat(8 << 10), 500),
    ("reject-64-kib", "A token of 64 KiB", |token| blown_up(token, 64 << 10), 60),
    ("reject-1-mib", "A token of 1 MiB", |token| blown_up(token, 1 << 20), 5),
];

pub fn run() {
    let material = Material::new(Algorithm::Hs256);
    let runtime = runtime();
    for (name, title, spoil, batch) in CASES {
        let mut tasks: Vec<_> = ALL
            .iter()
            .map(|contender| {
                let (service, token) = ((contender.service)(&material), (contender.token)(&material, Wish::default()));
                let bad = bearer(&spoil(&token));
                // What is learned from good tokens is known, as in a service that has some users.
                assert_eq!(answer(service.clone(), &bearer(&token)).0, StatusCode::OK, "{}", contender.name);
                let refused = answer(service.clone(), &bad).0 != StatusCode::OK;
                assert_eq!(refused, contender.above.is_some(), "{}", contender.name);
                requests(&runtime, service, bad)
            })
            .collect();
        table::publish(name, &table::to_leanest(title, &table::rows(&interleave(&mut tasks, 30, batch))));
    }
}

/// Another signature of the same length.
fn bad_signature(token: &str) -> String {
    let (kept, last) = token.split_at(token.len() - 8);
    let last: String = last.chars().map(|char| if char == 'A' { 'Q' } else { 'A' }).collect();
    format!("{kept}{last}")
}

/// The same header and signature around a payload of this many bytes of base64url, of which none is wrong by itself.
fn blown_up(token: &str, length: usize) -> String {
    let (input, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = input.split_once('.').unwrap();
    format!("{header}.{}.{signature}", "A".repeat(length))
}
