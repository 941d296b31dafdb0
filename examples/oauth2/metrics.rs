//! Serves the metrics at `METRICS_ADDR`, for example `127.0.0.1:9000`, if it is set.
//!
//! They have a listener of their own and no route in the router. Everyone reaches the public port, and how many sign-ins fail or
//! when a limit is used up helps an attacker; and Prometheus, which reads the metrics, has no token of this service. So bind
//! `METRICS_ADDR` to an address that only Prometheus reaches.

use std::error::Error;
use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};

/// Call it before `build()`, which describes the metrics.
pub(crate) async fn serve() -> Result<(), Box<dyn Error>> {
    let Ok(address) = std::env::var("METRICS_ADDR") else { return Ok(()) };
    let seconds = Matcher::Full("jwt_auth_authentication_seconds".to_owned());
    let buckets = [0.000_01, 0.000_1, 0.001, 0.01, 0.1, 1.0];
    let recorder = PrometheusBuilder::new().set_buckets_for_metric(seconds, &buckets)?.install_recorder()?;
    let upkeep = recorder.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            upkeep.run_upkeep();
        }
    });
    let text = move || async move { ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], recorder.render()) };
    let router = Router::new().route("/metrics", get(text));
    let listener = tokio::net::TcpListener::bind(&address).await?;
    println!("metrics at http://{}/metrics", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(())
}
