//! A store on Redis. What changes more than one key is a script, which Redis runs as one step.

use std::fmt;

use redis::{AsyncCommands, RedisError, Script, ScriptInvocation};
use serde::{Deserialize, Serialize};

use super::record::{Consumed, Refresh, RefreshHash, Revocation, TokenRef};
use super::redis_connection::Connection;
use super::redis_scripts::{BEGIN, CONSUME, REVOKE};
use super::{Store, StoreError, StoreFuture, Successor};

/// A [`Store`] on a Redis server or cluster, shared by any number of instances.
///
/// Every key begins with `{name}:`, so that services share a server, and in a cluster all keys of a service are on one node, as
/// the scripts need. Keys expire by themselves. Redis must not evict them: `maxmemory-policy` has to be `noeviction`, and
/// connecting logs a warning where it is not. Nor must it forget them with a restart: that takes `appendonly yes`, and a warning
/// says so too. What it has not yet copied to a replica is lost where that takes over.
#[derive(Clone)]
pub struct RedisStore {
    connection: Connection,
    prefix: String,
}

/// What is kept of a session as text.
#[derive(Serialize, Deserialize)]
struct Data {
    session: String,
    issuer: String,
    subject: String,
    client_id: String,
    scope: String,
    claims: String,
    began_at: u64,
    ends_at: u64,
}

impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> Self {
        Self::caused_by(error)
    }
}

impl RedisStore {
    /// Connects to `redis://...`, under a name of the service's own. A connection that is lost is made anew.
    ///
    /// # Errors
    ///
    /// Where the server does not answer, or the name has a brace.
    pub async fn connect(url: &str, name: &str) -> Result<Self, StoreError> {
        let prefix = prefix(name)?;
        Ok(Self { connection: Connection::one(url).await?, prefix }.checked().await)
    }

    /// Connects to a Redis Cluster of which some nodes are named, each as `redis://...`; the cluster names the others. A
    /// connection that is lost is made anew.
    ///
    /// # Errors
    ///
    /// Where no node answers, or the name has a brace.
    pub async fn connect_cluster(nodes: impl IntoIterator<Item = &str>, name: &str) -> Result<Self, StoreError> {
        let prefix = prefix(name)?;
        Ok(Self { connection: Connection::cluster(nodes, 8).await?, prefix }.checked().await)
    }

    /// Some servers do not tell; then nothing is said.
    async fn checked(mut self) -> Self {
        let policies = self.connection.setting("maxmemory-policy").await;
        if let Some(policy) = policies.iter().find(|policy| *policy != "noeviction") {
            tracing::warn!(
                target: "jwt_auth",
                %policy,
                "Redis may evict revocations before they expire; set `maxmemory-policy noeviction`"
            );
        }
        if self.connection.setting("appendonly").await.iter().any(|kept| kept == "no") {
            tracing::warn!(target: "jwt_auth", "Redis may forget revocations with a restart; set `appendonly yes`");
        }
        self
    }

    fn key(&self, kind: &str, parts: &[&str]) -> String {
        format!("{}{kind}:{}", self.prefix, joined(parts))
    }

    /// A key and three arguments for each, as [`REVOKE`] takes them.
    fn add_revocations(&self, call: &mut ScriptInvocation<'_>, revocations: &[Revocation<'_>], now: u64) {
        for revocation in revocations {
            let (kind, key, until, before) = match *revocation {
                Revocation::Token { issuer, jwt_id, until } => ("once", self.key("t", &[issuer, jwt_id]), until, 0),
                Revocation::Session { issuer, session, until } => ("once", self.key("s", &[issuer, session]), until, 0),
                Revocation::Subject { issuer, subject, before, until } => {
                    ("before", self.key("u", &[issuer, subject]), until, before)
                }
            };
            call.key(key).arg(kind).arg(ttl(until, now)).arg(before);
        }
    }

    fn refresh_key(&self, hash: RefreshHash) -> String {
        self.key("r", &[&hex(&hash.0)])
    }
}

/// The hash tag that puts all keys of a service in one slot.
fn prefix(name: &str) -> Result<String, StoreError> {
    if name.is_empty() || name.contains(['{', '}']) {
        return Err(StoreError::new("the name is empty or has a brace"));
    }
    Ok(format!("{{{name}}}:"))
}

/// Parts that cannot run into each other: each has its length before it.
fn joined(parts: &[&str]) -> String {
    match parts {
        [one] => (*one).to_owned(),
        many => many.iter().map(|part| format!("{}:{part}", part.len())).collect::<Vec<_>>().join(":"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"))
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let bytes: Option<Vec<u8>> =
        text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    bytes?.try_into().ok()
}

/// From now until then, at least a second.
fn ttl(until: u64, now: u64) -> u64 {
    until.saturating_sub(now).max(1)
}

fn refresh(hash: RefreshHash, data: &str, expires_at: &str) -> Result<Refresh, StoreError> {
    let Data { session, issuer, subject, client_id, scope, claims, began_at, ends_at } =
        serde_json::from_str(data).map_err(StoreError::caused_by)?;
    let expires_at = expires_at.parse().map_err(|_| StoreError::new("a time is no number"))?;
    Ok(Refresh { hash, session, issuer, subject, client_id, scope, claims, began_at, expires_at, ends_at })
}

impl Store for RedisStore {
    fn is_revoked<'s>(&'s self, token: TokenRef<'s>, _: u64) -> StoreFuture<'s, bool> {
        Box::pin(async move {
            let keys = [
                self.key("t", &[token.issuer, token.jwt_id]),
                self.key("s", &[token.issuer, token.session.unwrap_or_default()]),
                self.key("u", &[token.issuer, token.subject]),
            ];
            let found: Vec<Option<u64>> = self.connection.clone().mget(&keys[..]).await?;
            let is_set = |at: usize| found.get(at).is_some_and(Option::is_some);
            let before = found.get(2).copied().flatten().unwrap_or_default();
            Ok(is_set(0) || (token.session.is_some() && is_set(1)) || token.issued_at < before)
        })
    }

    fn revoke<'s>(&'s self, revocations: &'s [Revocation<'s>], now: u64) -> StoreFuture<'s, ()> {
        Box::pin(async move {
            let script = Script::new(REVOKE);
            let mut call = script.prepare_invoke();
            self.add_revocations(&mut call, revocations, now);
            let () = call.invoke_async(&mut self.connection.clone()).await?;
            Ok(())
        })
    }

    fn begin<'s>(&'s self, refresh: Refresh, replaced: &'s [Revocation<'s>], now: u64) -> StoreFuture<'s, ()> {
        Box::pin(async move {
            let key = self.refresh_key(refresh.hash);
            let session = joined(&[&refresh.issuer, &refresh.session]);
            let subject = joined(&[&refresh.issuer, &refresh.subject]);
            let data = Data {
                session: refresh.session,
                issuer: refresh.issuer,
                subject: refresh.subject,
                client_id: refresh.client_id,
                scope: refresh.scope,
                claims: refresh.claims,
                began_at: refresh.began_at,
                ends_at: refresh.ends_at,
            };
            let data = serde_json::to_string(&data).map_err(StoreError::caused_by)?;
            let script = Script::new(BEGIN);
            let mut call = script.prepare_invoke();
            self.add_revocations(&mut call, replaced, now);
            call.key(key).arg(data).arg(refresh.expires_at).arg(refresh.ends_at).arg(refresh.began_at);
            call.arg(session).arg(subject).arg(ttl(refresh.ends_at, now));
            let () = call.invoke_async(&mut self.connection.clone()).await?;
            Ok(())
        })
    }

    fn consume<'s>(&'s self, presented: RefreshHash, successor: Successor, now: u64) -> StoreFuture<'s, Consumed> {
        Box::pin(async move {
            let script = Script::new(CONSUME);
            let mut call = script.key(self.refresh_key(presented));
            call.key(self.refresh_key(successor.hash)).arg(now).arg(&self.prefix);
            call.arg(successor.grace_until(now)).arg(hex(&successor.sealed)).arg(successor.idle);
            call.arg(successor.margin);
            let answer: [String; 4] = call.invoke_async(&mut self.connection.clone()).await?;
            let [what, data, expires_at, sealed] = &answer;
            Ok(match what.as_str() {
                "now" => Consumed::Now(refresh(presented, data, expires_at)?),
                "reused" => Consumed::Reused(refresh(presented, data, expires_at)?),
                "before" => Consumed::Before {
                    refresh: refresh(presented, data, expires_at)?,
                    sealed: from_hex(sealed).ok_or_else(|| StoreError::new("a successor is not of its size"))?,
                },
                _ => Consumed::Unknown,
            })
        })
    }

    fn find<'s>(&'s self, presented: RefreshHash, now: u64) -> StoreFuture<'s, Option<Refresh>> {
        Box::pin(async move {
            let key = self.refresh_key(presented);
            let kept: (Option<String>, Option<String>) =
                self.connection.clone().hmget(key, &["data", "expires_at"]).await?;
            let (Some(data), Some(expires_at)) = kept else { return Ok(None) };
            Ok(Some(refresh(presented, &data, &expires_at)?).filter(|refresh| refresh.ends_at > now))
        })
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // REF-06
    #[test]
    fn keys_of_two_parts_do_not_run_into_each_other() {
        assert_ne!(joined(&["a:1", "b"]), joined(&["a", "1:b"]));
        assert_ne!(joined(&["a", "bc"]), joined(&["ab", "c"]));
        assert_eq!(from_hex(&hex(&[7; 32])), Some([7; 32]));
        assert_eq!((from_hex("zz"), from_hex("00")), (None, None));
    }
}
