//! The two servers, each in a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use uuid::Uuid;

use crate::load::visitor::user_name;

/// A server that is killed when this is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    process: Child,
}

impl Server {
    /// Starts the program and waits until it prints its address. Prints the errors that it logs.
    fn start(command: &mut Command) -> Self {
        let started = command.stdout(Stdio::piped()).spawn();
        let mut process = started.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let output = process.stdout.take().expect("the output is a pipe");
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("listening on http://")?.parse().ok());
        // Without a reader, the server would wait as soon as the pipe is full.
        std::thread::spawn(move || lines.filter(|line| line.contains("ERROR")).for_each(|line| println!("{line}")));
        Self { address: address.expect("the server prints its address"), process }
    }

    /// The resident memory, in MiB.
    pub(crate) fn resident(&self) -> f64 {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(path).expect("the server still runs, on Linux");
        let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        kib.and_then(|kib| kib.parse::<f64>().ok()).expect("a size in kB") / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The folder of the example's database, which is removed when this is dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("jwt-auth-load-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Bare axum.
pub(crate) fn bare() -> Server {
    build_bare();
    Server::start(&mut Command::new(beside("bare_axum")))
}

/// Is the release build of the example there?
pub(crate) fn is_built() -> bool {
    beside("oauth2").is_file()
}

/// The example `oauth2`, with this many users. All have the password of the demo user.
pub(crate) async fn oauth2(folder: &Folder, users: usize) -> Server {
    let database = folder.0.join("users.sqlite");
    let server = Server::start(
        Command::new(beside("oauth2"))
            .env("ADDR", "127.0.0.1:0")
            .env("JWT_SECRET", format!("{}{}", Uuid::new_v4(), Uuid::new_v4()))
            .env("DATABASE_URL", format!("sqlite:{}", database.display()))
            // Each visitor names its own address, so that the throttle counts as it does for real clients.
            .env("TRUSTED_PROXIES", "127.0.0.1")
            .env_remove("PUBLIC_PREFIX"),
    );
    add_users(&database, users).await.expect("the example has made its table");
    server
}

async fn add_users(database: &Path, users: usize) -> Result<(), sqlx::Error> {
    let pool = SqlitePool::connect_with(SqliteConnectOptions::new().filename(database)).await?;
    let mut transaction = pool.begin().await?;
    for n in 0..users {
        sqlx::query("INSERT INTO users SELECT ?, ?, hash FROM users WHERE name = 'alice'")
            .bind(Uuid::new_v4().to_string())
            .bind(user_name(n))
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    pool.close().await;
    Ok(())
}

/// Builds bare axum: `cargo run` builds only the program that it runs.
fn build_bare() {
    let mut build = Command::new(env!("CARGO"));
    build.args([
        "build",
        "--quiet",
        "--release",
        "--package",
        "jwt-auth-benches",
        "--bin",
        "bare_axum",
        "--target-dir",
    ]);
    build.arg(beside("..")).current_dir(env!("CARGO_MANIFEST_DIR"));
    assert!(build.status().is_ok_and(|status| status.success()), "{build:?} failed");
}

fn beside(program: &str) -> PathBuf {
    std::env::current_exe().expect("a path").with_file_name(program)
}
