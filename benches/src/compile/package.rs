//! A package that is written, built and thrown away.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use nix::sys::resource::{UsageWho, getrusage};

/// Everything of it, and its target directory, is gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Package {
    dir: PathBuf,
}

impl Package {
    /// With these lines of `[dependencies]`, where `WORKSPACE` is the folder of the crates here. They are fetched.
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

    /// So that cargo takes it for changed.
    pub(crate) fn touch(&self, path: &str) {
        let file = std::fs::File::options().append(true).open(self.dir.join(path)).expect("the file");
        file.set_modified(std::time::SystemTime::now()).expect("the file is writable");
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.dir.join(path)
    }

    /// In the workspace, whose toolchain it takes. All crates are treated as those of a registry are: no lints, and no
    /// incremental state.
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

    /// Without the network.
    pub(crate) fn offline(&self, arguments: &[&str]) -> Output {
        self.run(self.cargo(arguments).arg("--offline"))
    }

    /// The seconds of CPU that it takes, in all processes.
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

    /// As after a `git clone`.
    pub(crate) fn forget_builds(&self) {
        let _ = std::fs::remove_dir_all(self.target());
    }

    /// The version that the lock file has of a crate.
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

/// Of all that were waited for so far, and of theirs.
fn of_children() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system counts");
    let (user, system) = (usage.user_time(), usage.system_time());
    (user.tv_sec() + system.tv_sec()) as f64 + (user.tv_usec() + system.tv_usec()) as f64 / 1e6
}
