//! The metrics of the oauth2 example, as Prometheus reads them.

use std::net::SocketAddr;
use std::process::Stdio;

use jwt_auth_tests::{Example, get, request};
use tokio::io::AsyncWriteExt;

use crate::{OAUTH2, authorization, sign_in};

/// What `promtool check metrics` says. `None` if it is not installed.
async fn promtool(text: &str) -> Option<(bool, String)> {
    let mut command = tokio::process::Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut promtool) = command.spawn() else {
        assert!(std::env::var_os("JWT_AUTH_REQUIRE").is_none(), "promtool is required, and not installed");
        println!("skipped: promtool is not installed");
        return None;
    };
    let mut input = promtool.stdin.take().expect("a pipe");
    input.write_all(text.as_bytes()).await.expect("it reads");
    drop(input);
    let output = promtool.wait_with_output().await.expect("it ends");
    let said = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

#[tokio::test]
async fn oauth2_serves_metrics_that_prometheus_accepts() {
    let example = Example::start_with(OAUTH2, 0, &[("METRICS_ADDR", "127.0.0.1:0")]).await;
    let line = example.printed.iter().find_map(|line| line.strip_prefix("metrics at http://")).expect("an address");
    let metrics: SocketAddr = line.strip_suffix("/metrics").expect("the path").parse().expect("an address");
    let answer = sign_in(&example, "/login", "grant_type=password&username=alice&password=wonderland&scope=read").await;
    let refresh = answer.json()["refresh_token"].as_str().expect("a refresh token").to_owned();
    let token = authorization(&answer);
    assert_eq!(get(example.address, "/some-path", &[&token]).await.status, 200);
    assert_eq!(get(example.address, "/some-path", &[]).await.status, 401);
    assert_eq!(get(example.address, "/products/3", &[]).await.status, 200);
    assert_eq!(sign_in(&example, "/login", "grant_type=password&username=bob&password=x").await.status, 400);
    let form = format!("grant_type=refresh_token&refresh_token={refresh}");
    assert_eq!(sign_in(&example, "/login", &form).await.status, 200);
    assert_eq!(request(example.address, "POST", "/logout", &[&token], "").await.status, 204);
    let scraped = get(metrics, "/metrics", &[]).await;
    let text = scraped.body;
    for sample in [
        "jwt_auth_sign_ins_total{outcome=\"success\"} 1",
        "jwt_auth_sign_ins_total{outcome=\"wrong_password\"} 1",
        "jwt_auth_requests_total{outcome=\"accepted\"} 2",
        "jwt_auth_requests_total{outcome=\"open\"}",
        "jwt_auth_sign_outs_total{kind=\"session\"} 1",
        "jwt_auth_requests_total{outcome=\"missing_credential\"} 1",
        "jwt_auth_refreshes_total{outcome=\"success\"} 1",
        "jwt_auth_authentication_seconds_bucket{outcome=\"accepted\",le=\"+Inf\"} 2",
        "# HELP jwt_auth_requests_total ",
    ] {
        assert!(text.contains(sample), "{sample}: {text}");
    }
    for secret in ["alice", "bob", "127.0.0.1", "/some-path", &refresh] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    // The public port does not serve them.
    assert_eq!(get(example.address, "/metrics", &[]).await.status, 401);
    if let Some((is_good, said)) = promtool(&text).await {
        assert!(is_good && said.is_empty(), "{said}\n{text}");
    }
}
