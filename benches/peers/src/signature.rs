//! What a request takes beyond the check of its signature.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_auth::keys::VerifyingKey;

use crate::contenders::{BARE, named};
use crate::material::{Algorithm, Material, Wish};
use crate::measure::{Sample, Task, above, bearer, interleave, requests, runtime};
use crate::plot::Bars;
use crate::report::Report;
use crate::table::{bar, publish};

const ROUNDS: usize = 30;
/// Of requests in one round. All algorithms take turns, so that HS256 is measured beside the others.
const BATCH: u32 = 150;

pub fn run() {
    let runtime = runtime();
    let materials = Algorithm::ALL.map(Material::new);
    let mut tasks: Vec<Task<'_>> = Vec::new();
    for material in &materials {
        let token = material.token(Wish::default());
        for name in [BARE, "jwt-auth, token new"] {
            tasks.push(requests(&runtime, (named(name).service)(material), bearer(&token)));
        }
        tasks.push(check(key(material), &token));
    }
    let samples = interleave(&mut tasks, ROUNDS, BATCH);
    let nothing = vec![Sample { nanoseconds: 0.0, allocations: 0.0 }; ROUNDS];
    let costs: Vec<[f64; 2]> = samples
        .chunks(3)
        .map(|own| [above(&own[1], &own[0]), above(&own[2], &nothing)].map(|(cost, _)| cost.nanoseconds))
        .collect();
    // Everything else that is done for a token, which is the same with every algorithm.
    let rest = costs[0][0] - costs[0][1];
    let ratio = |[request, check]: [f64; 2]| request / (check + rest);
    let rows = Algorithm::ALL.iter().zip(&costs).map(|(algorithm, costs)| {
        let cells = [costs[1], costs[0]].map(|cost| format!("{cost:.0}"));
        [vec![algorithm.name().to_owned()], cells.to_vec(), vec![format!("{:.2}", ratio(*costs))]].concat()
    });
    let report = Report {
        header: vec!["", "signature alone, ns", "request, ns", "to the signature and the rest of HS256"],
        rows: rows.collect(),
        plot: Bars {
            title: "A request with a new token, to its signature and the rest of HS256".into(),
            bars: Algorithm::ALL.iter().zip(&costs).map(|(it, costs)| bar(it.name().into(), ratio(*costs))).collect(),
        },
        note: String::new(),
    };
    publish("signature", &report);
}

fn key(material: &Material) -> VerifyingKey {
    let (secret, pem) = (&material.secret, &material.public_pem);
    let key = match material.algorithm {
        Algorithm::Hs256 => VerifyingKey::from_secret(jwt_auth::Algorithm::HS256, secret),
        Algorithm::Rs256 => VerifyingKey::from_pem(jwt_auth::Algorithm::RS256, pem),
        Algorithm::Es256 => VerifyingKey::from_pem(jwt_auth::Algorithm::ES256, pem),
        Algorithm::Ed25519 => VerifyingKey::from_pem(jwt_auth::Algorithm::EdDSA, pem),
    };
    key.unwrap()
}

fn check<'t>(key: VerifyingKey, token: &str) -> Task<'t> {
    let (input, signature) = token.rsplit_once('.').unwrap();
    let (input, signature) = (input.to_owned(), URL_SAFE_NO_PAD.decode(signature).unwrap());
    Box::new(move |count| {
        for _ in 0..count {
            assert!(std::hint::black_box(key.verify_signature(input.as_bytes(), &signature)));
        }
    })
}
