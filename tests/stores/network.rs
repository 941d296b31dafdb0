//! A network between the nodes of a cluster, on loopback. Each node sends from an address of its own, so the network knows
//! which node sends and which receives.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// The address from which a node connects to others.
pub(crate) fn source(node: usize) -> String {
    format!("127.0.1.{}", node + 1)
}

fn node(address: IpAddr) -> Option<usize> {
    (0..16).find(|n| source(*n) == address.to_string())
}

#[derive(Default)]
struct State {
    cut_off: Option<usize>,
    /// The connections between two nodes.
    between: Vec<(usize, usize, AbortHandle)>,
}

#[derive(Clone, Default)]
pub(crate) struct Network(Arc<Mutex<State>>);

impl Network {
    /// A port that leads to this port of a node.
    pub(crate) async fn lead_to(&self, node: usize, port: u16) -> u16 {
        let reserved = self.reserve().await;
        self.serve(node, port, reserved)
    }

    /// A port that is to lead to a node.
    pub(crate) async fn reserve(&self) -> (u16, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        (listener.local_addr().expect("an address").port(), listener)
    }

    pub(crate) fn serve(&self, to: usize, port: u16, (reserved, listener): (u16, TcpListener)) -> u16 {
        let network = self.clone();
        tokio::spawn(async move {
            loop {
                let (client, address) = listener.accept().await.expect("a client");
                network.pass_on(client, node(address.ip()), to, port);
            }
        });
        reserved
    }

    /// Passes data from a node, or from a client of the cluster, to a node.
    fn pass_on(&self, mut client: TcpStream, from: Option<usize>, to: usize, port: u16) {
        let mut state = self.0.lock().expect("no task panics while it holds this");
        if from.is_some() && state.cut_off.is_some_and(|cut_off| from == Some(cut_off) || to == cut_off) {
            return;
        }
        let passing = tokio::spawn(async move {
            if let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await {
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            }
        });
        if let Some(from) = from {
            state.between.push((from, to, passing.abort_handle()));
        }
    }

    /// Cuts this node off: it reaches no other node, and no other node reaches it.
    pub(crate) fn cut(&self, node: usize) {
        let mut state = self.0.lock().expect("no task panics while it holds this");
        state.cut_off = Some(node);
        state.between.iter().filter(|(from, to, _)| *from == node || *to == node).for_each(|(.., one)| one.abort());
    }

    pub(crate) fn heal(&self) {
        self.0.lock().expect("no task panics while it holds this").cut_off = None;
    }
}
