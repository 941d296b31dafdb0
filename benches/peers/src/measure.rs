//! CPU time and allocations, in interleaved rounds: what disturbs the machine disturbs everybody.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Request, StatusCode, header::AUTHORIZATION};
use cpu_time::ThreadTime;
use tokio::runtime::Runtime;
use tower::{Service as _, ServiceExt};

use crate::allocations;
use crate::contenders::Service;

/// Of one operation.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub nanoseconds: f64,
    pub allocations: f64,
}

pub type Task<'t> = Box<dyn FnMut(u32) + 't>;

/// Each task gets the number of operations to do. One round more than asked for, the first, warms up.
pub fn interleave(tasks: &mut [Task<'_>], rounds: usize, batch: u32) -> Vec<Vec<Sample>> {
    let mut samples = vec![Vec::with_capacity(rounds); tasks.len()];
    for round in 0..=rounds {
        for turn in 0..tasks.len() {
            let index = (turn + round) % tasks.len();
            let (allocations, time) = (allocations::count(), ThreadTime::now());
            tasks[index](batch);
            let nanoseconds = time.elapsed().as_nanos() as f64 / f64::from(batch);
            let allocations = (allocations::count() - allocations) as f64 / f64::from(batch);
            if round > 0 {
                samples[index].push(Sample { nanoseconds, allocations });
            }
        }
    }
    samples
}

/// What is left of `samples` above `base`, the median and the least. Rounds are compared with themselves.
pub fn above(samples: &[Sample], base: &[Sample]) -> (Sample, f64) {
    let least = |samples: &[Sample]| samples.iter().map(|sample| sample.nanoseconds).fold(f64::INFINITY, f64::min);
    let pairs = || samples.iter().zip(base);
    let middle = Sample {
        nanoseconds: median(pairs().map(|(sample, base)| sample.nanoseconds - base.nanoseconds)),
        allocations: median(pairs().map(|(sample, base)| sample.allocations - base.allocations)),
    };
    (middle, least(samples) - least(base))
}

pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

pub fn wait<T>(future: impl Future<Output = T>) -> T {
    runtime().block_on(future)
}

pub fn bearer(token: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("Bearer {token}")).unwrap()
}

fn request(value: &HeaderValue) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = axum::http::Uri::from_static("/me");
    request.headers_mut().insert(AUTHORIZATION, value.clone());
    request
}

/// Sends the same request again and again.
pub fn requests(runtime: &Runtime, mut service: Service, value: HeaderValue) -> Task<'_> {
    Box::new(move |count| {
        runtime.block_on(async {
            for _ in 0..count {
                let response = service.ready().await.unwrap().call(request(&value)).await.unwrap();
                std::hint::black_box(response);
            }
        });
    })
}

/// Sends one request and looks at the answer.
pub fn answer(service: Service, value: &HeaderValue) -> (StatusCode, String) {
    wait(async {
        let response = service.oneshot(request(value)).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    })
}
