//! The throttle on Redis. Each cell in use is a small string, and each script touches one key.

use std::fmt;

use redis::Cmd;

use crate::passwords::throttle::counter::Counts;
use crate::passwords::throttle::shared::{Cell, Cells, Secret, Shared, count_of, shared_throttle};
use crate::store::error::StoreError;
use crate::store::redis::link::{Address, Link};

/// Reads the cell: its window, the count of the window before it, and its own count.
const READ: &str = "\
    local v = redis.call('GET', KEYS[1]) \
    local p, a, b \
    if v then \
        p, a, b = string.match(v, '^(%d+),(%d+),(%d+)$') \
        p, a, b = tonumber(p), tonumber(a), tonumber(b) \
    end \
    local function write(p, a, b, ...) \
        redis.call('SET', KEYS[1], string.format('%.0f,%.0f,%.0f', p, a, b), ...) \
    end ";

/// `ARGV`: the window, the limit, and after how many seconds the cell expires. If the clock was set back, the cell moves to the
/// earlier window even if the attempt is refused. Otherwise it would stay full until the later time comes again.
const COUNT: &str = "\
    local now, limit = tonumber(ARGV[1]), tonumber(ARGV[2]) \
    local is_back = p and p > now + 1 \
    if not p then p, a, b = now, 0, 0 \
    elseif p == now or p == now + 1 then \
    elseif p == now - 1 then p, a, b = now, b, 0 \
    elseif is_back then p, a, b = now, 0, a + b \
    else p, a, b = now, 0, 0 end \
    local is_counted = a + b < limit \
    if is_counted then b = b + 1 end \
    if is_counted or is_back then write(p, a, b, 'EX', ARGV[3]) end \
    return {is_counted and 1 or 0, p, a, b}";

/// `ARGV`: the window in which the attempt began.
const TAKE_BACK: &str = "\
    local began = tonumber(ARGV[1]) \
    if p == began and b > 0 then write(p, a, b - 1, 'KEEPTTL') \
    elseif p == began + 1 and a > 0 then write(p, a - 1, b, 'KEEPTTL') end \
    return 0";

/// Stores the proposed secret if there is none, and returns the stored one.
const SECRET: &str = "\
    redis.call('SET', KEYS[1], ARGV[1], 'NX') \
    return redis.call('GET', KEYS[1])";

/// How many seconds longer than its two windows a cell is kept.
const MARGIN: u64 = 60;

/// A throttle on a Redis server or cluster (6.0 or newer), for any number of instances: together they let no more wrong passwords
/// through than one would. It has the limits of [`ThrottleLimits::new`](crate::passwords::ThrottleLimits::new).
///
/// Every key begins with `name:`, so several services can share a server. The number of counters is fixed
/// ([`cells`](Self::cells)), and keys expire by themselves after two windows, so an attack cannot fill the server. Set
/// `maxmemory-policy noeviction`, because Redis must not evict counters; connecting logs a warning if it is set otherwise. If a
/// restart or a failover of Redis loses counters, they start again at zero.
pub struct RedisThrottle(Shared<RedisCells>);

struct RedisCells {
    link: Link,
    name: String,
}

impl RedisThrottle {
    /// Connects to `redis://...`. `name` is the service's own prefix for its keys. A connection that is lost or does not answer is
    /// replaced.
    ///
    /// # Errors
    ///
    /// If the server does not answer, or the name is empty or contains a brace.
    pub async fn connect(url: &str, name: &str) -> Result<Self, StoreError> {
        Self::at(Address::One(url.to_owned()), name).await
    }

    /// Connects to a Redis Cluster. `nodes` are some of its nodes, each as `redis://...`; the cluster names the others. The keys are
    /// spread over all nodes.
    ///
    /// # Errors
    ///
    /// If no node answers, or the name is empty or contains a brace.
    pub async fn connect_cluster(nodes: impl IntoIterator<Item = &str>, name: &str) -> Result<Self, StoreError> {
        Self::at(Address::Cluster(nodes.into_iter().map(str::to_owned).collect()), name).await
    }

    async fn at(address: Address, name: &str) -> Result<Self, StoreError> {
        if name.is_empty() || name.contains(['{', '}']) {
            return Err(StoreError::new("the name is empty or contains a brace"));
        }
        let link = Link::connect(address).await?;
        let policies = link.connection().setting("maxmemory-policy").await;
        if let Some(policy) = policies.iter().find(|policy| *policy != "noeviction") {
            tracing::warn!(
                target: "jwt_auth",
                %policy,
                "Redis may evict counters of wrong passwords; set `maxmemory-policy noeviction`"
            );
        }
        Ok(Self(Shared::new(RedisCells { link, name: name.to_owned() })))
    }
}

impl RedisCells {
    fn key(&self, cell: Cell) -> String {
        format!("{}:throttle:{}", self.name, cell)
    }

    fn script(&self, script: &str, cell: Cell) -> Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(format!("{READ}{script}")).arg(1).arg(self.key(cell));
        command
    }
}

impl Cells for RedisCells {
    async fn secret(&self, proposed: Secret) -> Result<Secret, StoreError> {
        let key = format!("{}:throttle-secret", self.name);
        let mut command = redis::cmd("EVAL");
        command.arg(SECRET).arg(1).arg(&key).arg(&proposed[..]);
        let secret: Vec<u8> = self.link.ask_one(key.as_bytes(), command).await?;
        Secret::try_from(secret).map_err(|_| StoreError::new("the throttle's secret has the wrong length"))
    }

    async fn count(&self, cell: Cell, limit: u16, period: u64, window: u64) -> Result<Option<Counts>, StoreError> {
        let kept = window.saturating_mul(2).saturating_add(MARGIN);
        let mut command = self.script(COUNT, cell);
        command.arg(period).arg(limit).arg(kept);
        let (is_counted, period, previous, latest): (bool, u64, i64, i64) =
            self.link.ask_one(self.key(cell).as_bytes(), command).await?;
        Ok((!is_counted).then(|| Counts { period, previous: count_of(previous), latest: count_of(latest) }))
    }

    async fn take_back(&self, cell: Cell, began: u64) -> Result<(), StoreError> {
        let mut command = self.script(TAKE_BACK, cell);
        command.arg(began);
        self.link.ask_one::<i64>(self.key(cell).as_bytes(), command).await.map(drop)
    }
}

shared_throttle!(RedisThrottle);

impl fmt::Debug for RedisThrottle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisThrottle").field("name", &self.0.cells.name).finish_non_exhaustive()
    }
}
