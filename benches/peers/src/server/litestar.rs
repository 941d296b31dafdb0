//! Litestar's own `JWTAuth`, in Python: `litestar/app.py`.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::process::announce;
use crate::material::{AUDIENCE, Algorithm, ISSUER, Material};

pub const NAME: &str = "Litestar 2.25.0";

const PYTHON: &str = "LITESTAR_PYTHON";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/litestar");

/// Its name, where there is a Python to run it.
pub fn if_installed() -> Option<&'static str> {
    if std::env::var_os(PYTHON).is_none() {
        eprintln!("{NAME} is left out: {PYTHON} is to name a Python that has {FOLDER}/requirements.txt");
        return None;
    }
    Some(NAME)
}

/// Becomes the Python process, which inherits the socket, as its standard input, and the core.
pub fn serve(material: &Material) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    announce(listener.local_addr().unwrap(), true, |wish| material.token(wish));
    let key = if material.algorithm == Algorithm::Hs256 { &material.secret } else { &material.public_pem };
    let error = Command::new(std::env::var_os(PYTHON).unwrap())
        .arg(format!("{FOLDER}/app.py"))
        .stdin(OwnedFd::from(listener))
        .envs([("ALGORITHM", material.algorithm.name()), ("KEY", key), ("ISSUER", ISSUER), ("AUDIENCE", AUDIENCE)])
        .exec();
    panic!("{NAME} does not start: {error}");
}
