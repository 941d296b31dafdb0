//! Contenders that take turns under load.

use std::time::Duration;

use super::CORES;
use super::client::Load;
use super::process::Server;
use crate::contenders::BARE;
use crate::material::Algorithm;
use crate::measure::median;

pub struct Servers(Vec<(&'static str, Server)>);

/// What one contender did, and what bare axum did in the same rounds.
pub struct Measured {
    pub name: &'static str,
    own: Vec<Load>,
    bare: Vec<Load>,
}

impl Servers {
    /// Bare axum 0.8 is to be among them.
    pub fn start(names: impl IntoIterator<Item = &'static str>, algorithm: Algorithm) -> Self {
        core_affinity::set_for_current(core_affinity::CoreId { id: CORES[1] });
        Self(names.into_iter().map(|name| (name, Server::start(name, algorithm))).collect())
    }

    pub fn take_turns(&self, connections: usize, rounds: usize, time: Duration) -> Vec<Measured> {
        let Self(servers) = self;
        let mut loads = vec![Vec::new(); servers.len()];
        for round in 0..rounds {
            for turn in 0..servers.len() {
                let index = (turn + round) % servers.len();
                loads[index].push(servers[index].1.load(connections, time));
            }
        }
        let bare = loads[servers.iter().position(|(name, _)| *name == BARE).unwrap()].clone();
        let measured = |(&(name, _), own): (&(_, _), _)| Measured { name, own, bare: bare.clone() };
        servers.iter().zip(loads).map(measured).collect()
    }
}

impl Measured {
    pub fn median(&self, of: fn(&Load) -> f64) -> f64 {
        median(self.own.iter().map(of))
    }

    /// Rounds are compared with themselves.
    pub fn to_bare(&self, of: fn(&Load) -> f64) -> f64 {
        median(self.own.iter().zip(&self.bare).map(|(own, bare)| of(own) / of(bare)))
    }
}
