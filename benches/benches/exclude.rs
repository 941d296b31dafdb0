//! What the guard costs on an open route, by how many patterns there are: `cargo bench -p jwt-auth-benches`. The last
//! pattern is the one that opens the path. Compare the figures of one run with each other.
#![allow(missing_docs, reason = "criterion's macros")]

use std::convert::Infallible;
use std::hint::black_box;

use axum::body::Body;
use axum::response::Response;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use jwt_auth::{AuthBackend, Builder, Keys};
use jwt_auth_benches::patterns::{Patterns1, Patterns10, Patterns100, Patterns1000};
use tower::{Layer, Service, ServiceExt, service_fn};

fn measure<A: AuthBackend>(criterion: &mut Criterion, count: usize, builder: Builder<A>) {
    let keys = Keys::hs256_ephemeral().expect("a key");
    let auth = builder.keys(keys).issuer("bench").build().expect("a backend");
    let inner = service_fn(async |_: http::Request<Body>| Ok::<_, Infallible>(Response::new(Body::empty())));
    let mut guarded = auth.layer().layer(inner);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let path = format!("/api/v1/resource_{}/7/items", count - 1);
    let mut group = criterion.benchmark_group("open route");
    group.bench_function(BenchmarkId::new("patterns", count), |bencher| {
        bencher.iter(|| {
            let request = http::Request::get(path.as_str()).body(Body::empty()).expect("a request");
            let response = runtime.block_on(async { guarded.ready().await?.call(request).await });
            assert_eq!(black_box(response).map(|response| response.status()), Ok(http::StatusCode::OK));
        });
    });
    group.finish();
}

fn exclude(criterion: &mut Criterion) {
    measure(criterion, 1, Patterns1.backend());
    measure(criterion, 10, Patterns10.backend());
    measure(criterion, 100, Patterns100.backend());
    measure(criterion, 1_000, Patterns1000.backend());
}

criterion_group!(benches, exclude);
criterion_main!(benches);
