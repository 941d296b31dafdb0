//! A request with a good token.

use std::time::{Duration, Instant};

use axum::http::StatusCode;

use crate::contenders::{ALL, Contender, named};
use crate::material::{Algorithm, Material, SUBJECT, Wish};
use crate::measure::{answer, bearer, interleave, requests, runtime};
use crate::table;

pub fn run(algorithms: &[Algorithm]) {
    for &algorithm in algorithms {
        let material = Material::new(algorithm);
        for contender in ALL {
            check(contender, &material);
        }
        let runtime = runtime();
        let mut tasks: Vec<_> = ALL
            .iter()
            .map(|contender| {
                let token = bearer(&(contender.token)(&material, Wish::default()));
                requests(&runtime, (contender.service)(&material), token)
            })
            .collect();
        let batch = match algorithm {
            Algorithm::Hs256 => 2_000,
            Algorithm::Rs256 => 300,
            Algorithm::Es256 | Algorithm::Ed25519 => 150,
        };
        let samples = interleave(&mut tasks, 30, batch);
        let name = algorithm.name();
        table::publish(
            &format!("request-{name}"),
            &table::to_leanest(&format!("A request, {name}"), &table::rows(&samples)),
        );
    }
}

/// Sends requests to one contender for five seconds, for a profiler to watch.
pub fn profile(name: &str, algorithm: Algorithm) {
    let (contender, material, runtime) = (named(name), Material::new(algorithm), runtime());
    let token = bearer(&(contender.token)(&material, Wish::default()));
    let mut task = requests(&runtime, (contender.service)(&material), token);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(5) {
        task(100);
    }
}

/// Nobody is measured who does not do the work.
fn check(contender: &Contender, material: &Material) {
    let service = (contender.service)(material);
    let send = |wish| answer(service.clone(), &bearer(&(contender.token)(material, wish)));
    assert_eq!(send(Wish::default()), (StatusCode::OK, SUBJECT.to_owned()), "{}", contender.name);
    if contender.above.is_some() {
        for wish in Wish::BAD {
            assert_ne!(send(wish).0, StatusCode::OK, "{}", contender.name);
        }
    }
}
