//! A temporary package that is built.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use nix::sys::resource::{UsageWho, getrusage};

/// A temporary package. Dropping it removes its folder and its target directory.
#[derive(Debug)]
pub(crate) struct Package {
    dir: PathBuf,
}

impl Package {
    /// Makes a package with these lines in `[dependencies]`, and fetches them. `WORKSPACE` stands for the folder of this workspace.
    pub(crate) fn new(name: &str, dependencies: &str, main: &str) -> Self {
        let this = std::env::current_exe().expect("a path");
        let target = this.parent().and_then(Path::parent).expect("a target directory");
        let package = Self { dir: target.join("compile").join(name) };
        let _ = std::fs::remove_dir_all(&package.dir);
        let dependencies = dependencies.replace("WORKSPACE", &workspace().display().to_string());
        let manifest = format!(
            "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}\n[workspace]\n"
        );
        package.write("Cargo.toml", &manifest);
        package.write("src/main.rs", main);
        package.run(&mut package.cargo(&["fetch"]));
        package
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.dir.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is writable");
        std::fs::write(path, text).expect("the file is writable");
    }

    /// Makes cargo believe that the file has changed.
    pub(crate) fn touch(&self, path: &str) {
        let file = std::fs::File::options().append(true).open(self.dir.join(path)).expect("the file");
        file.set_modified(std::time::SystemTime::now()).expect("the file is writable");
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.dir.join(path)
    }

    /// A cargo command for the package, with the toolchain of the workspace. As for crates of a registry, there are no lints and
    /// no incremental builds.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(workspace()).args(arguments).arg("--manifest-path").arg(self.dir.join("Cargo.toml"));
        cargo
            .env("CARGO_TARGET_DIR", self.target())
            .env("CARGO_INCREMENTAL", "0")
            .env("RUSTFLAGS", "--cap-lints=allow");
        cargo.env_remove("RUSTC_WRAPPER").stdin(Stdio::null());
        cargo
    }

    /// Runs cargo without the network.
    pub(crate) fn offline(&self, arguments: &[&str]) -> Output {
        self.run(self.cargo(arguments).arg("--offline"))
    }

    /// Runs cargo, and returns the CPU time of all its processes in seconds.
    pub(crate) fn seconds(&self, arguments: &[&str]) -> f64 {
        let before = of_children();
        self.offline(arguments);
        of_children() - before
    }

    pub(crate) fn run(&self, command: &mut Command) -> Output {
        let output = command.output().expect("cargo runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {command:?}\n{said}", self.dir.display());
        output
    }

    /// Removes everything that was built, as after a `git clone`.
    pub(crate) fn forget_builds(&self) {
        let _ = std::fs::remove_dir_all(self.target());
    }

    /// The version of a crate in the lock file.
    pub(crate) fn version_of(&self, name: &str) -> String {
        let lock = std::fs::read_to_string(self.dir.join("Cargo.lock")).expect("a lock file");
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \"")).expect("the crate is locked");
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    fn target(&self) -> PathBuf {
        self.dir.join("target")
    }
}

impl Drop for Package {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").to_owned()
}

/// The CPU time of all child processes that have ended, and of their children, in seconds.
fn of_children() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system counts");
    let (user, system) = (usage.user_time(), usage.system_time());
    (user.tv_sec() + system.tv_sec()) as f64 + (user.tv_usec() + system.tv_usec()) as f64 / 1e6
}
