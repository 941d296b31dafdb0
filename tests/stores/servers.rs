//! Servers that a test starts for itself, so that it may kill or stop them.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A server of one test. When this is dropped, the server is killed and its files are removed.
pub(crate) struct Server {
    command: Vec<String>,
    /// A command that prints `accepting connections` or `PONG` once the server answers.
    is_ready: Vec<String>,
    child: Child,
    folder: PathBuf,
    pub(crate) port: u16,
}

/// A port that was free a moment ago, and that this function has not returned before in this process.
pub(crate) fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("a bound address").port();
        if GIVEN.lock().unwrap_or_else(PoisonError::into_inner).insert(port) {
            return port;
        }
    }
}

fn folder(kind: &str) -> PathBuf {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let name = format!("jwt-auth-{kind}-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::SeqCst));
    let path = std::env::temp_dir().join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir(&path).expect("a folder");
    path
}

/// Prints that a program is missing, and fails if it is required.
fn skipped(program: &str) {
    assert!(std::env::var_os("JWT_AUTH_REQUIRE").is_none(), "{program} is required, and not installed");
    println!("skipped: {program} is not installed");
}

fn run(command: &[String]) -> Command {
    let mut program = Command::new(&command[0]);
    program.args(&command[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    program
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn binaries_of_postgres() -> PathBuf {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = installed.map(|version| version.path().join("bin")).find(|bin| bin.join("initdb").exists());
    found.unwrap_or_default()
}

fn binary(name: &str) -> String {
    binaries_of_postgres().join(name).display().to_string()
}

/// A command of PostgreSQL. It runs as the user `postgres` if this process is root, because PostgreSQL does not run as root.
fn as_postgres(words: &[&str]) -> Vec<String> {
    let id = Command::new("id").arg("-u").output().expect("`id`");
    let other = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"];
    let is_root = id.stdout == b"0\n";
    strings(&[if is_root { &other[..] } else { &[] }, words].concat())
}

impl Server {
    /// A Redis that writes to disk before it answers. `more` are further settings.
    pub(crate) async fn redis(more: &[&str]) -> Option<Self> {
        if run(&strings(&["redis-server", "--version"])).status().is_err() {
            skipped("redis-server");
            return None;
        }
        let (folder, port) = (folder("redis"), free_port());
        let (at, dir) = (port.to_string(), folder.display().to_string());
        let own = ["redis-server", "--port", &at, "--bind", "127.0.0.1", "--dir", &dir, "--save", ""];
        let kept = ["--appendonly", "yes", "--appendfsync", "always"];
        let is_ready = strings(&["redis-cli", "-p", &at, "PING"]);
        Some(Self::start(strings(&[&own[..], &kept, more].concat()), is_ready, folder, port).await)
    }

    pub(crate) fn redis_url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn postgres_url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    pub(crate) async fn postgres() -> Option<Self> {
        if !binaries_of_postgres().join("initdb").exists() {
            skipped("postgresql");
            return None;
        }
        let (folder, port) = (folder("postgres"), free_port());
        let (dir, data) = (folder.display().to_string(), folder.join("data").display().to_string());
        let _ = run(&strings(&["chown", "postgres", &dir])).status();
        let made = [&binary("initdb"), "-D", &data, "-A", "trust", "-U", "postgres"];
        assert!(run(&as_postgres(&made)).status().is_ok_and(|status| status.success()), "initdb");
        Some(Self::postgres_in(folder, port).await)
    }

    /// A copy of this PostgreSQL, which follows it.
    pub(crate) async fn standby(&self) -> Self {
        let (folder, port, from) = (folder("standby"), free_port(), self.port.to_string());
        let (dir, data) = (folder.display().to_string(), folder.join("data").display().to_string());
        let _ = run(&strings(&["chown", "postgres", &dir])).status();
        let program = binary("pg_basebackup");
        let copy = [&program, "-h", "127.0.0.1", "-p", &from, "-U", "postgres", "-D", &data, "-R", "-c", "fast"];
        assert!(run(&as_postgres(&copy)).status().is_ok_and(|status| status.success()), "pg_basebackup");
        Self::postgres_in(folder, port).await
    }

    /// A PgBouncer in front of this PostgreSQL, with at most `size` connections to it. `mode` is `session` or `transaction`.
    pub(crate) async fn pgbouncer(&self, mode: &str, size: usize) -> Option<Self> {
        let program = "/usr/sbin/pgbouncer";
        if !std::path::Path::new(program).exists() {
            skipped("pgbouncer");
            return None;
        }
        let (folder, port, behind) = (folder("pgbouncer"), free_port(), self.port);
        let (dir, file) = (folder.display().to_string(), folder.join("pgbouncer.ini"));
        let settings = format!(
            "[databases]\npostgres = host=127.0.0.1 port={behind} user=postgres\n[pgbouncer]\npool_mode = {mode}\n\
             default_pool_size = {size}\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\nmax_client_conn = 1000\nignore_startup_parameters = extra_float_digits\n"
        );
        std::fs::write(&file, settings).expect("a file");
        let _ = run(&strings(&["chown", "-R", "postgres", &dir])).status();
        let at = port.to_string();
        let is_ready = strings(&[&binary("pg_isready"), "-h", "127.0.0.1", "-p", &at, "-U", "postgres"]);
        let command = as_postgres(&[program, "-q", &file.display().to_string()]);
        Some(Self::start(command, is_ready, folder, port).await)
    }

    /// Starts a PostgreSQL on the data in this folder.
    async fn postgres_in(folder: PathBuf, port: u16) -> Self {
        let (dir, data, at) =
            (folder.display().to_string(), folder.join("data").display().to_string(), port.to_string());
        let is_ready = strings(&[&binary("pg_isready"), "-h", "127.0.0.1", "-p", &at, "-U", "postgres"]);
        let command = as_postgres(&[&binary("postgres"), "-D", &data, "-p", &at, "-k", &dir]);
        Self::start(command, is_ready, folder, port).await
    }

    /// Promotes a standby to primary, and waits until it is done.
    pub(crate) fn promote(&self) {
        let data = self.folder.join("data").display().to_string();
        let promoted = run(&as_postgres(&[&binary("pg_ctl"), "promote", "-D", &data])).status();
        assert!(promoted.is_ok_and(|status| status.success()), "pg_ctl promote");
    }

    async fn start(command: Vec<String>, is_ready: Vec<String>, folder: PathBuf, port: u16) -> Self {
        let child = run(&command).spawn().expect("it starts");
        let mut server = Self { command, is_ready, child, folder, port };
        server.wait().await;
        server
    }

    /// Waits until the server answers. If it exits because the killed process is not gone yet, starts it again.
    async fn wait(&mut self) {
        loop {
            let asked = Command::new(&self.is_ready[0]).args(&self.is_ready[1..]).output();
            let answer = asked.map(|asked| asked.stdout).unwrap_or_default();
            if answer == b"PONG\n" || String::from_utf8_lossy(&answer).contains("accepting connections") {
                return;
            }
            if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                self.child = run(&self.command).spawn().expect("it starts");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Starts the server again on the same files.
    pub(crate) async fn restart(&mut self) {
        self.child = run(&self.command).spawn().expect("it starts");
        self.wait().await;
    }

    /// Kills all its processes, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.signal("KILL");
        let _ = self.child.wait();
    }

    /// Runs a command with `redis-cli`, and returns what it prints.
    pub(crate) fn cli(&self, command: &[&str]) -> String {
        let output = Command::new("redis-cli").args(["-p", &self.port.to_string()]).args(command).output();
        String::from_utf8_lossy(&output.expect("`redis-cli`").stdout).into_owned()
    }

    /// Stops the server: it keeps its connections and answers nothing.
    pub(crate) fn stop(&mut self) {
        self.signal("STOP");
    }

    pub(crate) fn go_on(&mut self) {
        self.signal("CONT");
    }

    /// Sends the signal to the process and its children. The process is stopped first, so that it starts no more children.
    fn signal(&mut self, name: &str) {
        if !self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            return;
        }
        let parent = self.child.id().to_string();
        let send = |name: &str, process: &str| run(&strings(&["kill", "-s", name, process])).status();
        let _ = send("STOP", &parent);
        for process in self.children().iter().chain([&parent]) {
            let _ = send(name, process);
        }
    }

    fn children(&self) -> Vec<String> {
        let parent = self.child.id();
        let text = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
        text.split_whitespace().map(str::to_owned).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
