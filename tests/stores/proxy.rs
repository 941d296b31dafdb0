//! A proxy that makes a network slow, silent, or cut.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jwt_auth::store::RedisStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// A proxy between a client and a server. It delays answers by `delay` milliseconds. Once it is frozen, its older connections
/// pass nothing any more, while new ones do.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    /// Milliseconds.
    pub(crate) delay: Arc<AtomicU64>,
    frozen: Arc<AtomicU64>,
    /// How many connections were made.
    made: Arc<AtomicU64>,
    connections: Arc<Mutex<Vec<AbortHandle>>>,
}

impl Proxy {
    pub(crate) async fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (delay, frozen) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let made = Arc::new(AtomicU64::new(0));
        let connections = Arc::<Mutex<Vec<AbortHandle>>>::default();
        let proxy = Self {
            port,
            delay: Arc::clone(&delay),
            frozen: Arc::clone(&frozen),
            made: Arc::clone(&made),
            connections: Arc::clone(&connections),
        };
        tokio::spawn(async move {
            for number in 1.. {
                let (client, _) = listener.accept().await.expect("a client");
                made.store(number, Ordering::SeqCst);
                let upstream = TcpStream::connect(("127.0.0.1", server)).await.expect("the server");
                let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), upstream.into_split());
                let none = Arc::new(AtomicU64::new(0));
                for (mut from, mut to, delay) in
                    [(from_client, to_server, none), (from_server, to_client, Arc::clone(&delay))]
                {
                    let frozen = Arc::clone(&frozen);
                    let passing = tokio::spawn(async move {
                        let mut bytes = vec![0; 65_536];
                        while let Ok(count @ 1..) = from.read(&mut bytes).await {
                            tokio::time::sleep(Duration::from_millis(delay.load(Ordering::SeqCst))).await;
                            if number <= frozen.load(Ordering::SeqCst) {
                                return std::future::pending().await;
                            }
                            if to.write_all(&bytes[..count]).await.is_err() {
                                return;
                            }
                        }
                    });
                    connections.lock().expect("no task panics while it holds this").push(passing.abort_handle());
                }
            }
        });
        proxy
    }

    /// The first connections are silent from now on.
    pub(crate) fn freeze(&self, connections: u64) {
        self.frozen.store(connections, Ordering::SeqCst);
    }

    /// Closes all connections that were made so far.
    pub(crate) fn cut(&self) {
        let connections = std::mem::take(&mut *self.connections.lock().expect("no task panics while it holds this"));
        connections.iter().for_each(AbortHandle::abort);
    }

    /// All connections that were made so far are silent from now on.
    pub(crate) fn freeze_all(&self) {
        self.freeze(self.made.load(Ordering::SeqCst));
    }

    pub(crate) async fn store(&self) -> RedisStore {
        RedisStore::connect(&format!("redis://127.0.0.1:{}", self.port), "shop").await.expect("a server")
    }
}
