//! Processes of `cluster` behind one store, and one that is killed while clients use it.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use jwt_auth_tests::{Example, database, server};
use reqwest::Client;
use tokio::sync::Mutex;

use crate::CLUSTER;

/// Only a test that hangs waits for so long.
const HANGS: Duration = Duration::from_secs(60);
/// To make a client takes longer than a request. It keeps no connections, as each test has a runtime of its own.
static CLIENT: LazyLock<Client> =
    LazyLock::new(|| Client::builder().pool_max_idle_per_host(0).build().expect("a client"));

async fn process(store: &str) -> Example {
    Example::start_with(CLUSTER, 0, &[("STORE", store)]).await
}

/// The status and the body of the answer, or `None` if the process is gone. A request that gets a 503 is sent again, as its
/// `Retry-After` says to: a busy machine may be slower than the store's time limit.
async fn send(to: &Example, request: reqwest::RequestBuilder) -> Option<(u16, serde_json::Value)> {
    let began = Instant::now();
    loop {
        let answer = request.try_clone().expect("a body of text").send().await.ok()?;
        let status = answer.status().as_u16();
        let body = answer.text().await.ok()?;
        if status != 503 {
            return Some((status, serde_json::from_str(&body).unwrap_or_default()));
        }
        assert!(began.elapsed() < HANGS, "{} does not come back", to.address);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn post(to: &Example, path: &str, form: String, access: &str) -> Option<(u16, serde_json::Value)> {
    let request = CLIENT.post(format!("http://{}{path}", to.address)).bearer_auth(access);
    send(to, request.header("content-type", "application/x-www-form-urlencoded").body(form)).await
}

/// The status and, if it is 200, the two tokens.
async fn token(to: &Example, form: String) -> Option<(u16, String, String)> {
    let (status, body) = post(to, "/token", form, "").await?;
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    Some((status, text("access_token"), text("refresh_token")))
}

async fn sign_in(to: &Example, name: &str) -> Option<(u16, String, String)> {
    token(to, format!("grant_type=password&username={name}&password=wonderland")).await
}

async fn refresh(to: &Example, refresh_token: &str) -> Option<(u16, String, String)> {
    token(to, format!("grant_type=refresh_token&refresh_token={refresh_token}")).await
}

async fn refused(to: &Example, refresh_token: &str) -> bool {
    refresh(to, refresh_token).await.expect("an answer").0 == 400
}

async fn log_out(to: &Example, access: &str) -> Option<u16> {
    Some(post(to, "/logout", String::new(), access).await?.0)
}

async fn me(to: &Example, access: &str) -> u16 {
    let request = CLIENT.get(format!("http://{}/me", to.address)).bearer_auth(access);
    send(to, request).await.expect("an answer").0
}

async fn three_agree(store: &str) {
    let all = [process(store).await, process(store).await, process(store).await];
    // A sign-out at one process is a sign-out at all of them.
    let (_, access, token) = sign_in(&all[0], "alice").await.expect("an answer");
    for one in &all {
        assert_eq!(me(one, &access).await, 200);
    }
    assert_eq!(log_out(&all[1], &access).await, Some(204));
    for one in &all {
        assert_eq!((me(one, &access).await, refused(one, &token).await), (401, true));
    }
    // A refresh token that was used at one process is refused by the others, and its reuse ends the session at all of them.
    let (_, first_access, first) = sign_in(&all[0], "alice").await.expect("an answer");
    let (status, access, second) = refresh(&all[1], &first).await.expect("an answer");
    assert_eq!(status, 200);
    for one in &all {
        assert_eq!((me(one, &first_access).await, me(one, &access).await), (200, 200));
    }
    assert!(refused(&all[2], &first).await);
    for one in &all {
        assert_eq!((me(one, &first_access).await, me(one, &access).await), (401, 401));
        assert!(refused(one, &second).await);
    }
}

// REV-04, REF-01, REF-03, CKE-08
#[tokio::test]
async fn cluster_processes_agree_on_one_redis() {
    if let Some(url) = server("JWT_AUTH_REDIS") {
        three_agree(&url).await;
    }
}

// REV-04, REF-01, REF-03, CKE-08
#[tokio::test]
async fn cluster_processes_agree_on_one_postgres() {
    if let Some(url) = server("JWT_AUTH_POSTGRES") {
        three_agree(&url).await;
    }
}

// REV-04, REF-01, REF-03, CKE-08
#[tokio::test]
async fn cluster_processes_agree_on_one_sqlite_file() {
    let path = database();
    three_agree(&format!("sqlite:{}", path.display())).await;
}

/// What the process answered before it was killed.
#[derive(Default)]
struct Answered {
    /// Access and refresh tokens of sessions whose sign-out was answered.
    ended: Vec<(String, String)>,
    /// Refresh tokens whose successor was received.
    used: Vec<String>,
    /// Refresh tokens that were sent, with no answer.
    unclear: Vec<String>,
}

/// Signs in, refreshes and signs out until the process is gone.
async fn client(to: Arc<Example>, name: String, answered: Arc<Mutex<Answered>>) {
    loop {
        let Some((200, _, first)) = sign_in(&to, &name).await else { return };
        let Some((status, access, second)) = refresh(&to, &first).await else {
            answered.lock().await.unclear.push(first);
            return;
        };
        assert_eq!(status, 200);
        answered.lock().await.used.push(first);
        let Some(status) = log_out(&to, &access).await else { return };
        assert_eq!(status, 204);
        answered.lock().await.ended.push((access, second));
    }
}

// REV-04, REF-01, REF-02, REF-03
#[tokio::test(flavor = "multi_thread")]
async fn cluster_keeps_what_it_promised_when_it_is_killed() {
    let path = database();
    let store = format!("sqlite:{}", path.display());
    for _ in 0..3 {
        let (running, answered) = (Arc::new(process(&store).await), Arc::new(Mutex::new(Answered::default())));
        let start = |n| tokio::spawn(client(running.clone(), format!("user-{n}"), answered.clone()));
        let clients: Vec<_> = (0..8).map(start).collect();
        // The clients end their sessions until the process is gone.
        while answered.lock().await.ended.len() < 8 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        running.kill();
        for client in clients {
            client.await.expect("every answer was as it should be");
        }
        let Answered { ended, used, unclear } = &*answered.lock().await;
        println!("ended {}, used {}, unclear {}", ended.len(), used.len(), unclear.len());
        assert!(!ended.is_empty() && !used.is_empty());
        let again = process(&store).await;
        for (access, token) in ended {
            assert_eq!((me(&again, access).await, refused(&again, token).await), (401, true), "it was signed out");
        }
        for token in used {
            assert!(refused(&again, token).await, "it was used");
        }
        for token in unclear {
            let (first, ..) = refresh(&again, token).await.expect("an answer");
            assert!(matches!(first, 200 | 400), "{first}");
            assert!(refused(&again, token).await, "it was used, before or just now");
        }
    }
}
