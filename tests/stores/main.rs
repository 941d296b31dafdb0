//! Every store against the one suite and under a service of two instances, each on its real server. `JWT_AUTH_POSTGRES` and
//! `JWT_AUTH_REDIS` are the URLs of the servers; where one is not named its tests say that they were skipped, and with
//! `JWT_AUTH_REQUIRE` set they fail. What kills its server, or needs several, starts its own. `JWT_AUTH_ROUNDS` says how often
//! each race is run: 20 times by default.

mod browser;
mod cluster;
mod document_failovers;
mod document_outages;
mod document_tables;
mod documents;
mod failover;
mod faults;
mod faulty;
mod handles;
mod history;
mod instances;
mod leaving;
mod load;
mod network;
mod one_record;
mod outages;
mod races;
mod register;
mod servers;
mod service;
mod silent;
mod sqlite_limits;
mod standby;
mod tally;
mod throttles;
