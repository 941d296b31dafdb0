//! A token for a user.

use crate::contenders::{User, backend};
use crate::material::{Algorithm, AllClaims, Material, NAME, SUBJECT, Wish};
use crate::measure::{Sample, Task, above, interleave};
use crate::table::{self, Row};

pub fn run(algorithms: &[Algorithm]) {
    for &algorithm in algorithms {
        let material = Material::new(algorithm);
        let auth = backend(&material, 0);
        let user = User { sub: SUBJECT.to_owned(), name: NAME.to_owned() };
        let (header, key) = (material.header(), material.encoding_key());
        let claims = || AllClaims::new(Wish::default(), uuid::Uuid::new_v4().simple().to_string());
        let prepared = claims();
        let encode = |claims: &AllClaims<'_>| jsonwebtoken::encode(&header, claims, &key).unwrap();
        let mut tasks =
            [task(|| encode(&prepared)), task(|| encode(&claims())), task(|| auth.new_token(&user).sign().unwrap())];
        let batch = match algorithm {
            Algorithm::Hs256 => 1_000,
            Algorithm::Rs256 => 10,
            Algorithm::Es256 | Algorithm::Ed25519 => 100,
        };
        let samples = interleave(&mut tasks, 30, batch);
        let nothing = vec![Sample { nanoseconds: 0.0, allocations: 0.0 }; 30];
        let names = ["jsonwebtoken::encode", "the same, claims made each time", "auth.new_token(&user).sign()"];
        let row = |(name, own): (&'static str, &Vec<Sample>)| {
            let (cost, least) = above(own, &nothing);
            Row { name, cost, least }
        };
        let rows: Vec<Row> = names.into_iter().zip(&samples).map(row).collect();
        let (name, encode) = (algorithm.name(), rows[0].cost.nanoseconds);
        let report = table::costs(&format!("A token for a user, {name}"), &rows, "to encode", encode);
        table::publish(&format!("login-{name}"), &report);
    }
}

fn task<'t>(make: impl Fn() -> String + 't) -> Task<'t> {
    Box::new(move |count| {
        for _ in 0..count {
            std::hint::black_box(make());
        }
    })
}
