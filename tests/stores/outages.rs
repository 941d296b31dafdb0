//! Servers that are killed or stopped under a service, and come back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jwt_auth::{
    Protected,
    store::{PostgresStore, RedisStore, Store},
};
use jwt_auth_tests::call_with;
use sqlx::postgres::PgPoolOptions;

use crate::cluster::{Cluster, is_whole};
use crate::load::Load;
use crate::servers::Server;
use crate::service::{PATIENT, backend, fresh_name, protect, sign_in, try_sign_in};

/// The time limit of the instance that the clients of the load use. Its requests are answered 503 if the store takes longer.
/// The final checks use an instance with a longer limit.
const TIMEOUT: Duration = Duration::from_millis(500);
/// Only a test that hangs waits this long. The time until a service is back is printed, not asserted.
const HANGS: Duration = PATIENT;

async fn redis_store(server: &Server) -> Arc<dyn Store> {
    Arc::new(RedisStore::connect(&server.redis_url(), "shop").await.expect("a server"))
}

async fn postgres_store(server: &Server) -> Arc<dyn Store> {
    let url = server.postgres_url();
    let pool = PgPoolOptions::new().max_connections(8).connect(&url).await.expect("a database");
    Arc::new(PostgresStore::new(pool).migrate().await.expect("tables"))
}

/// REL-03: waits until the service signs users in again.
async fn answers_again(app: &Protected) {
    let began = Instant::now();
    loop {
        let (mut status, access, _) = try_sign_in(app, &fresh_name()).await;
        if status == 200 {
            status = call_with(app, &access).await.0;
        }
        if status == 200 {
            println!("it answers {:?} after the server does", began.elapsed());
            return;
        }
        assert_eq!(status, 503);
        assert!(began.elapsed() < HANGS, "the service does not come back");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// REL-04
async fn no_task_is_left(before: usize) {
    let began = Instant::now();
    while tasks() > before {
        assert!(began.elapsed() < HANGS, "{} tasks were {before}", tasks());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The stores are one that was connected all along, and one of a service that starts after the outage.
async fn keeps_its_promises(servers: &mut [Server], stores: [Arc<dyn Store>; 2]) {
    let app = protect(&backend(Arc::clone(&stores[0]), TIMEOUT));
    let [patient, other] = stores.map(|store| protect(&backend(store, PATIENT)));
    for app in [&app, &patient, &other] {
        answers_again(app).await;
    }
    let before = tasks();
    for _ in 0..2 {
        let load = Load::start(&app);
        load.promises.until(|[ended, used, ..]| ended >= 8 && used >= 8).await;
        servers.iter_mut().for_each(Server::kill);
        load.promises.until(|[.., denied]| denied >= 8).await;
        for server in &mut *servers {
            server.restart().await;
        }
        if servers.len() > 1 {
            let began = Instant::now();
            is_whole(servers).await;
            println!("the nodes took {:?} to find each other", began.elapsed());
        }
        answers_again(&app).await;
        let [before_stop, ..] = load.promises.counts();
        load.promises.until(|[ended, ..]| ended > before_stop).await;
        let promises = load.stop().await;
        let counts = promises.counts();
        println!("ended, used, unclear, denied: {counts:?}");
        let [ended, used, _, denied] = counts;
        assert!(ended > 0 && used > 0 && denied > 0, "the server was killed under load: {counts:?}");
        answers_again(&other).await;
        promises.are_kept(&other).await;
        answers_again(&patient).await;
        no_task_is_left(before).await;
    }
}

// REL-03, REV-04, REF-01, REF-02, REF-03
#[tokio::test(flavor = "multi_thread")]
async fn redis_keeps_its_promises_when_it_is_killed() {
    let Some(server) = Server::redis(&[]).await else { return };
    let stores = [redis_store(&server).await, redis_store(&server).await];
    keeps_its_promises(&mut [server], stores).await;
}

// REL-03, REV-04, REF-01, REF-02, REF-03
#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_its_promises_when_it_is_killed() {
    let Some(server) = Server::postgres().await else { return };
    let stores = [postgres_store(&server).await, postgres_store(&server).await];
    keeps_its_promises(&mut [server], stores).await;
}

// REL-03, REV-04, REF-01, REF-02, REF-03
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_keeps_its_promises_when_it_is_killed() {
    let Some(mut cluster) = Cluster::start().await else { return };
    let stores = [cluster.store("shop").await, cluster.store("shop").await];
    keeps_its_promises(&mut cluster.0, stores.map(|store| Arc::new(store) as _)).await;
}

/// REL-03: a server that runs but does not answer.
async fn denies_in_time(servers: &mut [Server], store: Arc<dyn Store>) {
    let app = protect(&backend(Arc::clone(&store), TIMEOUT));
    let patient = protect(&backend(store, PATIENT));
    let (access, _) = sign_in(&patient).await;
    answers_again(&app).await;
    let before = tasks();
    for _ in 0..2 {
        servers.iter_mut().for_each(Server::stop);
        let (began, load) = (Instant::now(), Load::start(&app));
        let all: Vec<_> = (0..50)
            .map(|_| {
                let (app, access) = (app.clone(), access.clone());
                tokio::spawn(async move { call_with(&app, &access).await.0 })
            })
            .collect();
        for one in all {
            assert_eq!(one.await.unwrap(), 503);
        }
        println!("50 requests were denied after {:?}", began.elapsed());
        servers.iter_mut().for_each(Server::go_on);
        if servers.len() > 1 {
            is_whole(servers).await;
        }
        answers_again(&app).await;
        let promises = load.stop().await;
        promises.are_kept(&patient).await;
        no_task_is_left(before).await;
    }
}

// REL-03, REL-04, REV-04
#[tokio::test(flavor = "multi_thread")]
async fn requests_are_denied_in_time_while_redis_hangs_and_leave_no_task() {
    let Some(server) = Server::redis(&[]).await else { return };
    let store = redis_store(&server).await;
    denies_in_time(&mut [server], store).await;
}

// REL-03, REL-04, REV-04
#[tokio::test(flavor = "multi_thread")]
async fn requests_are_denied_in_time_while_postgres_hangs_and_leave_no_task() {
    let Some(server) = Server::postgres().await else { return };
    let store = postgres_store(&server).await;
    denies_in_time(&mut [server], store).await;
}

// REL-03, REL-04, REV-04
#[tokio::test(flavor = "multi_thread")]
async fn requests_are_denied_in_time_while_a_cluster_hangs_and_leave_no_task() {
    let Some(mut cluster) = Cluster::start().await else { return };
    let store = Arc::new(cluster.store("shop").await);
    denies_in_time(&mut cluster.0, store).await;
}
