//! Side by side with what else there is for JWT in axum. `README.md` says what is measured and how to run it.

mod allocations;
mod contenders;
mod login;
mod material;
mod measure;
#[path = "../../src/plot.rs"]
mod plot;
mod reject;
#[path = "../../src/report.rs"]
mod report;
mod request;
mod server;
mod signature;
mod table;

use material::Algorithm;

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

fn main() {
    // Both of its crypto features are on, by the features of different contenders: the faster one is used.
    let _ = jsonwebtoken_10::crypto::aws_lc::DEFAULT_PROVIDER.install_default();

    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (mode, rest) = arguments.split_first().map_or(("", &[][..]), |(mode, rest)| (mode.as_str(), rest));
    let chosen: Vec<Algorithm> = rest.iter().filter_map(|name| Algorithm::named(name)).collect();
    let algorithms = if chosen.is_empty() { Algorithm::ALL.to_vec() } else { chosen };
    match mode {
        "request" => request::run(&algorithms),
        "reject" => reject::run(),
        "signature" => signature::run(),
        "login" => login::run(&algorithms),
        "server" => server::run(&algorithms),
        "concurrency" => server::concurrency::run(&algorithms),
        "all" => {
            request::run(&algorithms);
            signature::run();
            reject::run();
            login::run(&algorithms);
            server::run(&algorithms);
            server::concurrency::run(&algorithms);
        }
        "profile" => request::profile(rest.first().map_or("jwt-auth, token new", String::as_str), algorithms[0]),
        // What `server` and `concurrency` start: one contender in a process of its own.
        "serve" => server::serve(rest),
        _ => eprintln!(
            "usage: all | request | signature | reject | login | server | concurrency | profile <contender>, then algorithms (HS256 RS256 ES256 EdDSA; all by default)"
        ),
    }
}
