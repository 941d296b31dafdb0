//! One contender in a process of its own.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::ServiceExt;
use axum::extract::Request;
use tokio::net::TcpListener;

use super::CORES;
use super::client::{Load, load};
use crate::contenders::named;
use crate::material::{Algorithm, Material, Wish};
use crate::measure::wait;

pub struct Server {
    child: Child,
    address: SocketAddr,
    token: String,
}

impl Server {
    pub fn start(name: &str, algorithm: Algorithm) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut child = command.args(["serve", name, algorithm.name()]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (address, token) = line.trim().split_once(' ').unwrap();
        Self { child, address: address.parse().unwrap(), token: token.to_owned() }
    }

    pub fn load(&self, connections: usize, time: Duration) -> Load {
        let cpu = self.cpu();
        let load = wait(load(self.address, &self.token, connections, time));
        Load { cpu: self.cpu().saturating_sub(cpu), ..load }
    }

    /// What the server's one thread ran for.
    fn cpu(&self) -> Duration {
        let text = fs::read_to_string(format!("/proc/{}/schedstat", self.child.id())).unwrap_or_default();
        Duration::from_nanos(text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse().ok()).unwrap_or(0))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the process does: prints its address and a token, and serves.
pub fn serve(arguments: &[String]) {
    let [name, algorithm] = arguments else { return };
    core_affinity::set_for_current(core_affinity::CoreId { id: CORES[0] });
    let material = Material::new(Algorithm::named(algorithm).unwrap());
    let contender = named(name);
    let service = (contender.service)(&material);
    wait(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{} {}", listener.local_addr().unwrap(), (contender.token)(&material, Wish::default()));
        std::io::stdout().flush().unwrap();
        axum::serve(listener, ServiceExt::<Request>::into_make_service(service)).await.unwrap();
    });
}
