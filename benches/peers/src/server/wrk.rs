//! wrk as the client, for who does not trust ours.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use super::client::Load;

/// Whether it is asked for.
pub fn is_wanted() -> bool {
    std::env::var_os("WRK").is_some()
}

/// Whole seconds, as wrk counts them; on the core of this thread.
pub fn load(address: SocketAddr, token: &str, connections: usize, time: Duration) -> Load {
    let seconds = time.as_secs_f64().ceil();
    let output = Command::new("wrk")
        .args(["-t1", "--latency", &format!("-c{connections}"), &format!("-d{seconds}s")])
        .args(["-H", &format!("authorization: Bearer {token}"), &format!("http://{address}/me")])
        .output()
        .expect("wrk is installed");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(!text.contains("Non-2xx"), "{text}");
    let mut lines = text.lines().map(str::trim);
    let tail = lines.find_map(|line| line.strip_prefix("99%")).expect("a 99th percentile");
    let total = lines.find_map(|line| line.split_once(" requests in ")).expect("a count");
    let took = total.1.split(',').next().expect("a time");
    Load { requests: total.0.parse().expect("a number"), time: span(took), p99: span(tail.trim()), cpu: Duration::ZERO }
}

/// As wrk writes it: `812.00us`, `1.25ms`, `2.00s`.
fn span(text: &str) -> Duration {
    let digits = text.trim_end_matches(char::is_alphabetic);
    let unit = match &text[digits.len()..] {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        other => panic!("{other} is no unit"),
    };
    Duration::from_secs_f64(digits.parse::<f64>().expect("a number") * unit)
}
