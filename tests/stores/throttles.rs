//! One suite for all throttles, each on its real server, with two handles, as two instances of a service would have.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use jwt_auth::{
    passwords::{
        Attempt, LimitReached, MemoryThrottle, PostgresThrottle, RedisThrottle, SqliteThrottle, Throttle,
        ThrottleLimits,
    },
    store::StoreFuture,
};
use jwt_auth_tests::{database, server};
use sqlx::postgres::PgPoolOptions;
use tokio::task::JoinSet;

use crate::cluster::Cluster;
use crate::handles::{With, sqlite_pool};
use crate::service::fresh_name;
use crate::sql_tables::Schema;

type Handles = [Arc<dyn Throttle>; 2];

/// The beginning of a window. It is later than the clock of any machine, because a throttle may delete windows that are past by
/// its own clock.
const NOW: u64 = 4_080_000_000;

/// With a window of a minute.
fn limits() -> ThrottleLimits {
    ThrottleLimits::new().window(Duration::from_secs(60))
}

async fn memory(limits: ThrottleLimits, cells: u32) -> Option<Handles> {
    let throttle = Arc::new(MemoryThrottle::new(limits).entries(usize::try_from(cells).expect("a size")));
    Some([Arc::clone(&throttle) as _, throttle])
}

async fn sqlite(limits: ThrottleLimits, cells: u32) -> Option<Handles> {
    let path = Arc::new(database());
    let handle = async || {
        let throttle = SqliteThrottle::new(sqlite_pool(&path).await, "orders").migrate().await.expect("tables");
        Arc::new(With(throttle.limits(limits).cells(cells), Arc::clone(&path))) as _
    };
    Some([handle().await, handle().await])
}

async fn postgres(limits: ThrottleLimits, cells: u32) -> Option<Handles> {
    let (url, name) = (server("JWT_AUTH_POSTGRES")?, fresh_name());
    let handle = async || {
        let pool = PgPoolOptions::new().max_connections(4).connect(&url).await.expect("a database");
        let throttle = PostgresThrottle::new(pool, &name).migrate().await.expect("tables");
        Arc::new(throttle.limits(limits).cells(cells)) as _
    };
    Some([handle().await, handle().await])
}

async fn redis(limits: ThrottleLimits, cells: u32) -> Option<Handles> {
    let (url, name) = (server("JWT_AUTH_REDIS")?, fresh_name());
    let handle = async || {
        let throttle = RedisThrottle::connect(&url, &name).await.expect("a server");
        Arc::new(throttle.limits(limits).cells(cells)) as _
    };
    Some([handle().await, handle().await])
}

impl<T: Throttle, U: Send + Sync + 'static> Throttle for With<T, U> {
    fn begin<'t>(&'t self, attempt: Attempt<'t>, now: u64) -> StoreFuture<'t, Option<LimitReached>> {
        self.0.begin(attempt, now)
    }

    fn take_back<'t>(&'t self, attempt: Attempt<'t>, now: u64) -> StoreFuture<'t, ()> {
        self.0.take_back(attempt, now)
    }
}

async fn redis_cluster(limits: ThrottleLimits, cells: u32) -> Option<Handles> {
    let (cluster, name) = (Cluster::shared().await?, fresh_name());
    let urls = cluster.urls();
    let handle = async || {
        let urls = urls.iter().map(String::as_str);
        let throttle = RedisThrottle::connect_cluster(urls, &name).await.expect("a cluster");
        Arc::new(With(throttle.limits(limits).cells(cells), Arc::clone(&cluster))) as _
    };
    Some([handle().await, handle().await])
}

macro_rules! suites {
    ($($module:ident: $make:ident;)+) => {
        $(mod $module {
            suites! { @each $make
                of_64_parallel_guesses_exactly_the_limit_passes
                an_address_that_is_refused_does_not_count_against_the_name
                an_attempt_that_was_not_wrong_is_taken_back
                a_right_password_leaves_the_wrong_ones_counted
                a_late_take_back_leaves_later_attempts_counted
                addresses_of_one_ipv6_network_count_together
                a_window_ends_at_its_time
                a_clock_that_is_set_back_forgets_nothing
                many_names_in_few_cells_are_never_forgotten
                without_room_nothing_passes
            }
        })+
    };
    (@each $make:ident $($name:ident)+) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            super::$name(super::$make).await;
        })+
    };
}

suites! {
    in_memory: memory;
    on_sqlite: sqlite;
    on_postgres: postgres;
    on_redis: redis;
    on_a_cluster: redis_cluster;
}

const CELLS: u32 = 1 << 20;

fn v4(last: u8) -> Option<IpAddr> {
    Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)))
}

async fn begin(throttle: &Arc<dyn Throttle>, name: &str, address: Option<IpAddr>, now: u64) -> Option<u64> {
    throttle.begin(Attempt { name, address }, now).await.expect("an answer").map(|refused| refused.retry_after)
}

/// How many of these attempts pass, one after another, on the two handles by turns.
async fn passing(handles: &Handles, attempts: usize, name: &str, address: Option<IpAddr>, now: u64) -> usize {
    let mut passed = 0;
    for n in 0..attempts {
        passed += usize::from(begin(&handles[n % 2], name, address, now).await.is_none());
    }
    passed
}

/// How many of 64 attempts at once pass.
async fn passing_at_once(handles: &Handles, attempt: impl Fn(u8) -> (String, Option<IpAddr>)) -> usize {
    let mut all = JoinSet::new();
    for n in 0..64 {
        let (throttle, (name, address)) = (Arc::clone(&handles[usize::from(n) % 2]), attempt(n));
        all.spawn(async move { begin(&throttle, &name, address, NOW).await.is_none() });
    }
    let mut passed = 0;
    while let Some(has_passed) = all.join_next().await {
        passed += usize::from(has_passed.expect("it ends"));
    }
    passed
}

// THR-01
async fn of_64_parallel_guesses_exactly_the_limit_passes(make: impl AsyncFn(ThrottleLimits, u32) -> Option<Handles>) {
    let Some(handles) = make(limits().per_address(20), CELLS).await else { return };
    assert_eq!(passing_at_once(&handles, |n| ("alice".into(), v4(n))).await, 10, "a name");
    assert_eq!(passing_at_once(&handles, |_| ("bob".into(), v4(100))).await, 5, "a name from an address");
    assert_eq!(passing_at_once(&handles, |n| (format!("user{n}"), v4(101))).await, 20, "an address");
    assert_eq!(passing_at_once(&handles, |_| ("carol".into(), None)).await, 10, "without an address");
}

// THR-01: attempts that are refused for their address do not count against the name.
async fn an_address_that_is_refused_does_not_count_against_the_name(
    make: impl AsyncFn(ThrottleLimits, u32) -> Option<Handles>,
) {
    let Some(handles) = make(limits().per_address(8), CELLS).await else { return };
    assert_eq!(passing(&handles, 30, "alice", v4(1), NOW).await, 5);
    assert_eq!(passing(&handles, 30, "bob", v4(1), NOW).await, 3, "the address has reached its limit");
    assert_eq!(passing(&handles, 30, "carol", v4(1), NOW).await, 0);
    assert_eq!(passing(&handles, 4, "carol", v4(2), NOW).await, 4, "nothing was counted against this name");
    assert_eq!(passing(&handles, 30, "alice", v4(3), NOW).await, 5);
    assert_eq!(passing(&handles, 30, "alice", v4(4), NOW).await, 0, "ten were wrong");
}

// THR-02
async fn an_attempt_that_was_not_wrong_is_taken_back(make: impl AsyncFn(ThrottleLimits, u32) -> Option<Handles>) {
    let Some([here, there]) = make(limits().per_name(1).per_address(1).per_name_and_address(1), CELLS).await else {
        return;
    };
    for (name, address) in [("alice", v4(1)), ("bob", None)] {
        let attempt = Attempt { name, address };
        // In the second case, the next window has begun meanwhile.
        for (now, later) in [(NOW, NOW), (NOW + 59, NOW + 60)] {
            assert_eq!(here.begin(attempt, now).await, Ok(None));
            assert!(there.begin(attempt, later).await.expect("an answer").is_some());
            there.take_back(attempt, now).await.expect("it is done");
            assert_eq!(there.begin(attempt, later).await, Ok(None));
            here.take_back(attempt, later).await.expect("it is done");
        }
    }
    let nobody = Attempt { name: "nobody", address: v4(9) };
    there.take_back(nobody, NOW).await.expect("it is done");
    assert_eq!(
        (here.begin(nobody, NOW).await, there.begin(nobody, NOW).await.map(|wait| wait.is_some())),
        (Ok(None), Ok(true))
    );
}

// THR-01
async fn a_right_password_leaves_the_wrong_ones_counted(make: impl AsyncFn(ThrottleLimits, u32) -> Option<Handles>) {
    let Some(handles) = make(limits().per_address(8), CELLS).await else { return };
    let right = async |name: &str, address| {
        for n in 0..20 {
            assert_eq!(passing(&handles, 1, name, address, NOW).await, 1, "a right password is not counted");
            handles[n % 2].take_back(Attempt { name, address }, NOW).await.expect("it is done");
        }
    };
    assert_eq!(passing(&handles, 4, "alice", v4(1), NOW).await, 4);
    right("alice", v4(1)).await;
    assert_eq!(passing(&handles, 20, "alice", v4(1), NOW).await, 1, "four from this address were wrong");
    assert_eq!(passing(&handles, 2, "bob", v4(1), NOW).await, 2);
    right("bob", v4(1)).await;
    assert_eq!(passing(&handles, 20, "bob", v4(1), NOW).await, 1, "seven from this address were wrong");
    assert_eq!(passing(&handles, 4, "alice", v4(2), NOW).await, 4);
    right("alice", v4(3)).await;
    assert_eq!(passing(&handles, 20, "alice", v4(3), NOW).await, 1, "nine for this name were wrong");
}

// THR-01
async fn a_late_take_back_leaves_later_attempts_counted(make: impl AsyncFn(ThrottleLimits, u32) -> Option<Handles>) {
    let Some(handles) = make(limits().per_name(3), CELLS).await else { return };
    for (name, later, passed) in [("alice", 60, 2), ("bob", 120, 3)] {
        assert_eq!(passing(&handles, 1, name, None, NOW).await, 1);
        assert_eq!(passing(&handles, 5, name, None, NOW + later).await, passed);
        handles[0].take_back(Attempt { name, address: None }, NOW).await.expect("it is done");
        assert_eq!(passing(&handles, 5, name, None, NOW + later).await, 3 - passed, "{name}");
    }
}

// THR-01
async fn addresses_of_one_ipv6_network_count_together(make: impl AsyncFn(ThrottleLimits, u32) -> Option<Handles>) {
    let Some(handles) = make(limits().per_address(6), CELLS).await else { return };
    let v6 = |network: u16, host: u16| Some(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, network, 1, 2, 3, host)));
    assert_eq!(passing_at_once(&handles, |n| (format!("user{n}"), v6(1, u16::from(n)))).await, 6);
    assert_eq!(passing(&handles, 9, "alice", v6(2, 1), NOW).await, 5);
    assert_eq!(passing(&handles, 9, "alice", v6(2, 2), NOW).await, 0);
    assert_eq!(passing(&handles, 9, "alice", v6(3, 1), NOW).await, 5);
    let mapped = Some(IpAddr::V6(Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped()));
    assert_eq!(passing(&handles, 3, "bob", v4(1), NOW).await, 3);
    assert_eq!(passing(&handles, 9, "bob", mapped, NOW).await, 2);
}

// THR-01
async fn a_window_ends_at_its_time(make: impl AsyncFn(ThrottleLimits, u32) -> Option<Handles>) {
    let Some(handles) = make(limits().per_name(3), CELLS).await else { return };
    assert_eq!(passing(&handles, 5, "alice", None, NOW + 20).await, 3);
    assert_eq!(begin(&handles[0], "alice", None, NOW + 20).await, Some(100));
    assert_eq!(begin(&handles[1], "alice", None, NOW + 119).await, Some(1));
    assert_eq!(passing(&handles, 5, "alice", None, NOW + 120).await, 3);
    // Some attempts are in one window, and some in the next.
    assert_eq!(passing(&handles, 2, "bob", None, NOW + 59).await, 2);
    assert_eq!(passing(&handles, 5, "bob", None, NOW + 60).await, 1);
    assert_eq!(begin(&handles[0], "bob", None, NOW + 60).await, Some(60));
    assert_eq!(passing(&handles, 5, "bob", None, NOW + 120).await, 2);
    assert_eq!(passing(&handles, 5, "bob", None, NOW + 1_200).await, 3);
}

// THR-01
async fn a_clock_that_is_set_back_forgets_nothing(make: impl AsyncFn(ThrottleLimits, u32) -> Option<Handles>) {
    for back in [1, 60, 61, 121, 86_400] {
        let Some(handles) = make(limits().per_name(3), CELLS).await else { return };
        assert_eq!(passing(&handles, 5, "alice", None, NOW).await, 3);
        let now = NOW - back;
        let wait = begin(&handles[0], "alice", None, now).await.expect("it was not forgotten");
        let wait = wait.min(begin(&handles[1], "alice", None, now).await.expect("it was not forgotten"));
        assert!(wait <= 240, "{wait} after {back}");
        assert_eq!(begin(&handles[1], "alice", None, now + 240).await, None, "after {back}");
    }
}

// THR-01: names that share a cell are counted together, which can only refuse more. Each name takes back only its own attempts.
async fn many_names_in_few_cells_are_never_forgotten(make: impl AsyncFn(ThrottleLimits, u32) -> Option<Handles>) {
    let Some(handles) = make(limits().per_address(1_000), 4).await else { return };
    let mut passed = passing(&handles, 3, "alice", v4(1), NOW).await;
    for n in 0..200_u8 {
        let (name, handle) = (format!("user{n}"), &handles[usize::from(n) % 2]);
        let other = Attempt { name: &name, address: v4(n) };
        let may_go_on = handle.begin(other, NOW).await.expect("an answer").is_none();
        if may_go_on && n % 3 < 2 {
            handle.take_back(other, NOW).await.expect("it is done");
        }
        passed += passing(&handles, 1, "alice", v4(201 + n % 50), NOW + u64::from(n % 60)).await;
    }
    assert!((1..=10).contains(&passed), "{passed}");
    assert_eq!(passing(&handles, 5, "alice", v4(1), NOW + 120).await, 5, "and not for ever");
}

async fn without_room_nothing_passes(make: impl AsyncFn(ThrottleLimits, u32) -> Option<Handles>) {
    let Some(handles) = make(limits().per_name(0), 1).await else { return };
    assert_eq!(begin(&handles[0], "alice", v4(1), NOW).await.map(|wait| wait > 0), Some(true));
    assert_eq!(begin(&handles[1], "alice", None, NOW).await.map(|wait| wait > 0), Some(true));
}

// STO-08: counters of past windows are deleted, current ones stay.
#[tokio::test(flavor = "multi_thread")]
async fn counters_of_past_windows_are_deleted() {
    // The throttles delete windows that are past by the clock of this machine, so `now` is later than any clock.
    let now = 4_080_000_000;
    let fill = async |throttle: &dyn Throttle| {
        for n in 0..1_100 {
            let name = format!("user{n}");
            throttle.begin(Attempt { name: &name, address: None }, 600).await.expect("an answer");
        }
        let alice = Attempt { name: "alice", address: None };
        assert_eq!(throttle.begin(alice, now).await, Ok(None));
    };
    let is_counted = async |throttle: &dyn Throttle| {
        let alice = Attempt { name: "alice", address: None };
        throttle.begin(alice, now).await.expect("an answer").is_some()
    };
    let limits = ThrottleLimits::new().per_name(1);
    let path = database();
    let throttle = SqliteThrottle::new(sqlite_pool(&path).await, "orders").migrate().await.expect("tables");
    let throttle = throttle.limits(limits).cells(u32::MAX);
    fill(&throttle).await;
    assert_eq!(throttle.sweep().await, Ok(1_100));
    assert!(is_counted(&throttle).await);
    // The throttle has a schema of its own, so that no other test deletes its counters.
    let Some(schema) = Schema::new().await else { return };
    let throttle = PostgresThrottle::new(schema.pool(), "orders").migrate().await.expect("tables");
    let throttle = throttle.limits(limits).cells(u32::MAX);
    fill(&throttle).await;
    assert_eq!(throttle.sweep().await, Ok(1_100));
    assert_eq!(throttle.sweep().await, Ok(0));
    assert!(is_counted(&throttle).await);
    drop(throttle);
    schema.end().await;
}

// THR-01: instances count together again after the database has lost its data.
#[tokio::test(flavor = "multi_thread")]
async fn instances_agree_on_the_secret_that_chooses_the_counters() {
    for starts_before_the_other_asks in [false, true] {
        let path = database();
        let pool = sqlite_pool(&path).await;
        let handle = async || {
            let throttle = SqliteThrottle::new(pool.clone(), "orders").migrate().await.expect("tables");
            Arc::new(throttle.limits(limits())) as Arc<dyn Throttle>
        };
        let here = handle().await;
        assert_eq!(begin(&here, "alice", None, NOW).await, None);
        let lost = "DELETE FROM jwt_auth_throttle; DELETE FROM jwt_auth_throttle_secrets";
        sqlx::raw_sql(lost).execute(&pool).await.expect("it is done");
        let there = handle().await;
        if starts_before_the_other_asks {
            assert_eq!(begin(&there, "bob", None, NOW).await, None);
        }
        assert_eq!(begin(&here, "bob", None, NOW + 10).await, None);
        assert_eq!(passing(&[here, there], 40, "alice", None, NOW + 10).await, 10);
    }
}
