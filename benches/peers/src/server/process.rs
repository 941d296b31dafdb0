//! One contender in a process of its own.

use std::fs::{read_dir, read_to_string};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::ServiceExt;
use axum::extract::Request;
use tokio::net::TcpListener;

use super::client::{Load, answer, load};
use super::{CORES, litestar, wrk};
use crate::contenders::named;
use crate::material::{Algorithm, Material, SUBJECT, Wish};
use crate::measure::wait;

pub struct Server {
    child: Child,
    address: SocketAddr,
    token: String,
}

impl Server {
    /// Nobody is measured who does not do the work.
    pub fn start(name: &str, algorithm: Algorithm) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut child = command.args(["serve", name, algorithm.name()]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let [address, token, bad @ ..] = words.as_slice() else { panic!("{name} does not start") };
        let server = Self { child, address: address.parse().unwrap(), token: (*token).to_owned() };
        assert_eq!(answer(server.address, token), (200, SUBJECT.to_owned()), "{name}");
        for token in bad {
            assert_ne!(answer(server.address, token).0, 200, "{name}");
        }
        server
    }

    pub fn load(&self, connections: usize, time: Duration) -> Load {
        let cpu = self.cpu();
        let load = match wrk::is_wanted() {
            true => wrk::load(self.address, &self.token, connections, time),
            false => wait(load(self.address, &self.token, connections, time)),
        };
        Load { cpu: self.cpu().saturating_sub(cpu), ..load }
    }

    /// What the threads of the server ran for.
    fn cpu(&self) -> Duration {
        let threads = read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let nanoseconds = threads.map(|thread| {
            let text = read_to_string(thread.unwrap().path().join("schedstat")).unwrap_or_default();
            text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse().ok()).unwrap_or(0)
        });
        Duration::from_nanos(nanoseconds.sum())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the process does: says where it is, and serves.
pub fn serve(arguments: &[String]) {
    let [name, algorithm] = arguments else { return };
    core_affinity::set_for_current(core_affinity::CoreId { id: CORES[0] });
    let material = Material::new(Algorithm::named(algorithm).unwrap());
    if name == litestar::NAME {
        return litestar::serve(&material);
    }
    let contender = named(name);
    let service = (contender.service)(&material);
    wait(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let token = |wish| (contender.token)(&material, wish);
        announce(listener.local_addr().unwrap(), contender.above.is_some(), token);
        axum::serve(listener, ServiceExt::<Request>::into_make_service(service)).await.unwrap();
    });
}

/// Prints the address, a good token and, if the contender authenticates, the tokens that it has to refuse.
pub fn announce(address: SocketAddr, authenticates: bool, token: impl Fn(Wish) -> String) {
    let bad: &[Wish] = if authenticates { &Wish::BAD } else { &[] };
    let tokens: Vec<String> = [Wish::default()].iter().chain(bad).map(|wish| token(*wish)).collect();
    println!("{address} {}", tokens.join(" "));
    std::io::stdout().flush().unwrap();
}
