//! A token for a user.

use crate::contenders::{User, backend};
use crate::material::{Algorithm, AllClaims, Material, NAME, SUBJECT, Wish};
use crate::measure::{Sample, Task, above, interleave};

pub fn run(algorithms: &[Algorithm]) {
    println!("\n| | ns, median | ns, least | allocations | to `encode` |\n|---|---|---|---|---|");
    for &algorithm in algorithms {
        let material = Material::new(algorithm);
        let auth = backend(&material, 0);
        let user = User { sub: SUBJECT.to_owned(), name: NAME.to_owned() };
        let (header, key) = (material.header(), material.encoding_key());
        let claims = || AllClaims::new(Wish::default(), uuid::Uuid::new_v4().simple().to_string());
        let prepared = claims();
        let encode = |claims: &AllClaims<'_>| jsonwebtoken::encode(&header, claims, &key).unwrap();
        let mut tasks =
            [task(|| encode(&prepared)), task(|| encode(&claims())), task(|| auth.login(&user).token().unwrap())];
        let batch = match algorithm {
            Algorithm::Hs256 => 1_000,
            Algorithm::Rs256 => 10,
            Algorithm::Es256 | Algorithm::Ed25519 => 100,
        };
        let samples = interleave(&mut tasks, 30, batch);
        let nothing = vec![Sample { nanoseconds: 0.0, allocations: 0.0 }; 30];
        let results: Vec<_> = samples.iter().map(|own| above(own, &nothing)).collect();
        let names = ["`jsonwebtoken::encode`", "the same, claims made each time", "`auth.login(&user).token()`"];
        for (name, (cost, least)) in names.iter().zip(&results) {
            let Sample { nanoseconds, allocations } = cost;
            let ratio = nanoseconds / results[0].0.nanoseconds;
            println!(
                "| {}, {name} | {nanoseconds:.0} | {least:.0} | {allocations:.1} | {ratio:.2} |",
                algorithm.name()
            );
        }
    }
}

fn task<'t>(make: impl Fn() -> String + 't) -> Task<'t> {
    Box::new(move |count| {
        for _ in 0..count {
            std::hint::black_box(make());
        }
    })
}
