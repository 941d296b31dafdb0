//! The connection of the Redis store: to one server, or to a cluster.

use std::collections::HashMap;

use redis::aio::{ConnectionLike, ConnectionManager};
use redis::cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo};
use redis::{FromRedisValue, Value};

use crate::store::redis::cluster::Cluster;

#[derive(Clone)]
pub(crate) enum Connection {
    One(ConnectionManager),
    Cluster(Cluster),
}

impl Connection {
    /// The value of a setting on each server that reveals it.
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

    /// Whether it answers a `PING`. A connection to a cluster answers if every node with slots does.
    pub(crate) async fn answers(mut self) -> bool {
        let ping = redis::cmd("PING");
        match &mut self {
            Self::One(connection) => connection.req_packed_command(&ping).await.is_ok(),
            Self::Cluster(cluster) => {
                cluster.ask(async |mut connection| connection.req_packed_command(&ping).await).await.is_ok()
            }
        }
    }
}
