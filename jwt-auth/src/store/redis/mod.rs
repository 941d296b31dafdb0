//! A store on Redis. Each document is one hash, and each script touches only its key.

pub(crate) mod cluster;
pub(crate) mod connection;
pub(crate) mod route;
pub(crate) mod link;

use std::fmt;
use std::time::Duration;

use redis::{Cmd, FromRedisValue, Pipeline, RedisError};

use crate::store::document::{Body, Document, Key, Summary, Version};
use crate::store::error::{StoreError, StoreFuture};
use crate::store::redis::connection::Connection;
use crate::store::redis::link::{Address, Link, as_many};
use crate::store::store_trait::{MARGIN, Reading, Safety, Store};

/// `ARGV`: the expected version or '', the new version or '', the summary, the body, `keep_until`, and when Redis expires the
/// key. If a call that writes a document was sent twice, the script sets the expiry again. That is a write of this connection,
/// and `WAIT` is only sure to wait for the writes of its own connection.
const REPLACE: &str = "\
    local is = redis.call('HGET', KEYS[1], 'v') or '' \
    if is == ARGV[2] then \
        if is ~= '' then redis.call('EXPIREAT', KEYS[1], ARGV[6]) end \
        return 1 \
    end \
    if is ~= ARGV[1] then return 0 end \
    if ARGV[2] == '' then redis.call('DEL', KEYS[1]) return 1 end \
    redis.call('HSET', KEYS[1], 'v', ARGV[2], 's', ARGV[3], 'b', ARGV[4], 'k', ARGV[5]) \
    redis.call('EXPIREAT', KEYS[1], ARGV[6]) \
    return 1";

/// Returns the clock of the node that has the document, and the document.
const READ: &str = "\
    local d = redis.call('HMGET', KEYS[1], 'v', 's', 'b', 'k') \
    return {redis.call('TIME')[1], d[1], d[2], d[3], d[4]}";

/// 9999-12-31, in seconds. In milliseconds it still fits into Redis's integers.
const LAST: u64 = 253_402_300_799;

/// A [`Store`] on a Redis server or cluster, shared by any number of instances.
///
/// Every key begins with `name:`, so several services can share a server. Keys expire by themselves. Set
/// `maxmemory-policy noeviction`, so that Redis evicts no key before that, and `appendonly yes`, so that a restart loses none;
/// connecting logs a warning if one of the two is set otherwise. If a replica takes over, it lacks the writes that were not yet
/// copied to it; [`confirmed_by`](Self::confirmed_by) makes a sign-out wait until it is copied.
#[derive(Clone)]
pub struct RedisStore {
    link: Link,
    /// For calls that wait for replicas, since those keep a connection busy.
    confirming: Link,
    name: String,
    replicas: usize,
    patience: Duration,
}

type Found = (u64, Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>, Option<u64>);

impl RedisStore {
    /// Connects to `redis://...`. `name` is the service's own prefix for its keys. A connection that is lost or does not answer
    /// is replaced.
    ///
    /// # Errors
    ///
    /// If the server does not answer, or the name is empty or contains a brace.
    pub async fn connect(url: &str, name: &str) -> Result<Self, StoreError> {
        Self::at(Address::One(url.to_owned()), name).await
    }

    /// Connects to a Redis Cluster. `nodes` are some of its nodes, each as `redis://...`; the cluster names the others. The keys
    /// are spread over all nodes.
    ///
    /// If a master fails, requests about its keys get a 503 until a replica has taken its place, which takes the
    /// `cluster-node-timeout` and about two seconds. Slots may move to other nodes while the service runs. A master that was
    /// replaced but does not know it yet may still answer a check with old data, for the `cluster-node-timeout` at most.
    ///
    /// # Errors
    ///
    /// If no node answers, or the name is empty or contains a brace.
    pub async fn connect_cluster(nodes: impl IntoIterator<Item = &str>, name: &str) -> Result<Self, StoreError> {
        Self::at(Address::Cluster(nodes.into_iter().map(str::to_owned).collect()), name).await
    }

    /// Makes every write that ends a session or revokes a token wait until this many replicas have it, 0 by default. If they do
    /// not have it within `patience`, the answer is a 503, and the write is retried. A sign-out can still be lost, though rarely:
    /// a replica that does not have it may take over. Set `min-replicas-to-write` too, so that a master that is cut off accepts
    /// no more writes.
    #[must_use]
    pub fn confirmed_by(self, replicas: usize, patience: Duration) -> Self {
        Self { replicas, patience, ..self }
    }

    async fn at(address: Address, name: &str) -> Result<Self, StoreError> {
        if name.is_empty() || name.contains(['{', '}']) {
            return Err(StoreError::new("the name is empty or contains a brace"));
        }
        let (link, confirming) = (Link::connect(address.clone()).await?, Link::connect(address).await?);
        let patience = Duration::from_secs(1);
        let store = Self { link, confirming, name: name.to_owned(), replicas: 0, patience };
        warn_of_settings(store.link.connection()).await;
        Ok(store)
    }

    /// `name:`, the kind, `:`, and the rest of the key's bytes as they are.
    fn key(&self, key: &Key) -> Vec<u8> {
        let (kind, rest) = key.as_bytes().split_at_checked(1).unwrap_or_default();
        [self.name.as_bytes(), b":", kind, b":", rest].concat()
    }

    fn replacement(key: &[u8], expected: Option<&Version>, new: Option<&Document>) -> Cmd {
        let mut script = redis::cmd("EVAL");
        script.arg(REPLACE).arg(1).arg(key);
        script.arg(expected.map_or(&b""[..], Version::as_bytes));
        if let Some(new) = new {
            let expires_at = new.keep_until.saturating_add(MARGIN).min(LAST);
            script.arg(new.version.as_bytes()).arg(new.summary.as_bytes()).arg(new.body.as_bytes());
            script.arg(new.keep_until).arg(expires_at);
        } else {
            script.arg("");
        }
        script
    }

    async fn read_document(&self, key: &Key) -> Result<Reading, StoreError> {
        let key = self.key(key);
        let mut script = redis::cmd("EVAL");
        script.arg(READ).arg(1).arg(&key);
        let (clock, version, summary, body, keep_until) = self.link.ask_one::<Found>(&key, script).await?;
        let clock = Some(clock);
        let (Some(version), Some(summary), Some(body), Some(keep_until)) = (version, summary, body, keep_until) else {
            return Ok(Reading { document: None, clock });
        };
        let version = Version::from_bytes(&version).ok_or_else(|| StoreError::new("a version has the wrong length"))?;
        let (summary, body) = (Summary::from_bytes(summary), Body::from_bytes(body));
        Ok(Reading { document: Some(Document { version, keep_until, summary, body }), clock })
    }

    /// Runs the script and then waits for the replicas, on the same connection.
    async fn replace_confirmed(&self, key: &[u8], script: Cmd) -> Result<bool, StoreError> {
        let patience = u64::try_from(self.patience.as_millis()).unwrap_or(u64::MAX);
        let mut both = Pipeline::new();
        both.add_command(script).cmd("WAIT").arg(self.replicas).arg(patience);
        let [is_done, have_it] = as_many(self.confirming.ask(key, &both).await?)?;
        if !bool::from_redis_value(is_done).map_err(RedisError::from)? {
            return Ok(false);
        }
        let have_it = usize::from_redis_value(have_it).map_err(RedisError::from)?;
        if have_it < self.replicas {
            let text = format!("only {have_it} of {} replicas confirmed the sign-out; it is retried", self.replicas);
            return Err(StoreError::new(text));
        }
        Ok(true)
    }
}

/// Warns about unsafe settings. Logs nothing about a server that does not reveal its settings.
async fn warn_of_settings(mut connection: Connection) {
    let policies = connection.setting("maxmemory-policy").await;
    if let Some(policy) = policies.iter().find(|policy| *policy != "noeviction") {
        tracing::warn!(
            target: "jwt_auth",
            %policy,
            "Redis may evict sessions before they end; set `maxmemory-policy noeviction`"
        );
    }
    if connection.setting("appendonly").await.iter().any(|kept| kept == "no") {
        tracing::warn!(target: "jwt_auth", "Redis may lose sessions at a restart; set `appendonly yes`");
    }
}

impl Store for RedisStore {
    fn read<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Reading> {
        Box::pin(self.read_document(key))
    }

    fn read_summary<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Option<Summary>> {
        Box::pin(async move {
            let key = self.key(key);
            let mut get = redis::cmd("HGET");
            get.arg(&key).arg("s");
            Ok(self.link.ask_one::<Option<Vec<u8>>>(&key, get).await?.map(Summary::from_bytes))
        })
    }

    fn replace<'s>(
        &'s self,
        key: &'s Key,
        expected: Option<Version>,
        new: Option<Document>,
        safety: Safety,
    ) -> StoreFuture<'s, bool> {
        Box::pin(async move {
            let key = self.key(key);
            let script = Self::replacement(&key, expected.as_ref(), new.as_ref());
            if safety == Safety::Confirmed && self.replicas > 0 {
                return self.replace_confirmed(&key, script).await;
            }
            self.link.ask_one(&key, script).await
        })
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("name", &self.name).finish_non_exhaustive()
    }
}
