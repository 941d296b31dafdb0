//! Does a long exclude list slow an open route down? The last pattern of the list is the one that opens the path.

use std::convert::Infallible;
use std::hint::black_box;

use axum::body::Body;
use axum::response::Response;
use jwt_auth::{AuthBackend, Builder, Keys};
use jwt_auth_benches::patterns::{Patterns1, Patterns10, Patterns100, Patterns1000};
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt, service_fn};

use crate::harness::{interleaved, thread_time};
use crate::plot::Bars;
use crate::report::{Report, grouped};

const ROUNDS: usize = 100;
const REQUESTS: usize = 1_000;

type Guarded = BoxCloneSyncService<http::Request<Body>, Response, Infallible>;

pub(crate) fn report() -> Report {
    let cases: [(u64, Guarded); 4] = [
        (1, protected(Patterns1.backend())),
        (10, protected(Patterns10.backend())),
        (100, protected(Patterns100.backend())),
        (1_000, protected(Patterns1000.backend())),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let samples = interleaved(cases.len(), ROUNDS, |case, samples| {
        let (count, guarded) = &cases[case];
        let path = format!("/api/v1/resource_{}/7/items", count - 1);
        let began = thread_time();
        runtime.block_on(async {
            for _ in 0..REQUESTS {
                let request = http::Request::get(path.as_str()).body(Body::empty()).expect("a request");
                let answer = guarded.clone().oneshot(request).await;
                assert_eq!(black_box(answer).map(|answer| answer.status()), Ok(http::StatusCode::OK));
            }
        });
        samples.push((thread_time() - began).as_nanos() as f64 / REQUESTS as f64);
    });
    let one = samples[0].median();
    let ratios: Vec<(String, f64)> =
        cases.iter().zip(&samples).map(|((count, _), samples)| (grouped(*count), samples.median() / one)).collect();
    Report {
        header: vec!["patterns", "CPU against 1 pattern"],
        rows: ratios.iter().map(|(count, ratio)| vec![count.clone(), format!("{ratio:.2}")]).collect(),
        plot: Bars {
            title: "A request for an open route, against that with 1 pattern".into(),
            bars: ratios
                .iter()
                .map(|(count, ratio)| (format!("{count} patterns"), *ratio, format!("{ratio:.2}")))
                .collect(),
        },
        note: format!("1.00 is {one:.0} ns of CPU in this run"),
    }
}

fn protected<A: AuthBackend>(builder: Builder<A>) -> Guarded {
    let auth = builder.keys(Keys::hs256_ephemeral().expect("a key")).issuer("bench").build().expect("a backend");
    let inner = service_fn(async |_: http::Request<Body>| Ok::<_, Infallible>(Response::new(Body::empty())));
    BoxCloneSyncService::new(auth.layer().layer(inner))
}
