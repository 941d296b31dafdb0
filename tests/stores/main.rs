//! Tests of every store on its real server: the conformance tests, and a service of two instances. `JWT_AUTH_POSTGRES` and
//! `JWT_AUTH_REDIS` are the URLs of the servers. If one is not set, its tests print that they were skipped, or fail if
//! `JWT_AUTH_REQUIRE` is set. A test that kills its server, or needs several, starts its own. `JWT_AUTH_ROUNDS` is the number of
//! runs of each race, 20 by default.

mod browser;
mod cluster;
mod conformance;
mod disconnected_clients;
mod failovers;
mod fault_service;
mod faults;
mod faulty;
mod handles;
mod history;
mod instances;
mod load;
mod network;
mod outages;
mod pgbouncer;
mod proxy;
mod races;
mod records_of_a_session;
mod register;
mod replicated_postgres;
mod replicated_redis;
mod sent_twice;
mod servers;
mod service;
mod silent_connections;
mod silent_throttle;
mod sql_tables;
mod sqlite_limits;
mod tally;
mod throttle_settings;
mod throttles;
mod unavailable_servers;
