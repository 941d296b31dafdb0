//! The connection of the Redis store: to one server, or to a cluster.

use std::collections::HashMap;

use redis::aio::{ConnectionLike, ConnectionManager};
use redis::cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo};
use redis::{Cmd, FromRedisValue, Pipeline, RedisFuture, RedisResult, Value};

use crate::store::redis::cluster::Cluster;

#[derive(Clone)]
pub(crate) enum Connection {
    One(ConnectionManager),
    Cluster(Cluster),
}

impl Connection {
    pub(crate) async fn cluster(nodes: impl IntoIterator<Item = &str>, retries: u32) -> RedisResult<Self> {
        Cluster::connect(nodes, retries).await.map(Self::Cluster)
    }

    /// A setting of each server that reveals it.
    pub(crate) async fn setting(&mut self, name: &str) -> Vec<String> {
        let mut ask = redis::cmd("CONFIG");
        ask.arg("GET").arg(name);
        let answers: Vec<Vec<String>> = match self {
            Self::One(connection) => ask.query_async(connection).await.into_iter().collect(),
            Self::Cluster(cluster) => {
                let all = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
                let answer = cluster.ask(async |mut connection| connection.route_command(ask, all).await).await;
                let answer = answer.unwrap_or(Value::Nil);
                HashMap::<String, Vec<String>>::from_redis_value(answer).unwrap_or_default().into_values().collect()
            }
        };
        answers.into_iter().filter_map(|answer| answer.into_iter().nth(1)).collect()
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::One(connection) => connection.req_packed_command(cmd),
            Self::Cluster(cluster) => {
                Box::pin(cluster.ask(async |mut connection| connection.req_packed_command(cmd).await))
            }
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::One(connection) => connection.req_packed_commands(pipeline, offset, count),
            Self::Cluster(cluster) => Box::pin(
                cluster.ask(async move |mut connection| connection.req_packed_commands(pipeline, offset, count).await),
            ),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::One(connection) => connection.get_db(),
            // A cluster has only database 0.
            Self::Cluster(_) => 0,
        }
    }
}
