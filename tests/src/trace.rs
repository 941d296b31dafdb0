//! Everything that is logged while the tests run, in a file, so that another test can look for what must not be in it.

use std::fs::OpenOptions;
use std::sync::Once;

use tracing_subscriber::filter::LevelFilter;

/// The variable that names the file.
pub const FILE: &str = "JWT_AUTH_TEST_TRACE";

/// Writes every event of every level and every crate to the file that [`FILE`] names, if it names one.
pub fn trace_to_file() {
    static SUBSCRIBER: Once = Once::new();
    SUBSCRIBER.call_once(|| {
        let Some(path) = std::env::var_os(FILE) else { return };
        let file = OpenOptions::new().create(true).append(true).open(path).expect("a file");
        let format = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_ansi(false);
        format.with_writer(std::sync::Mutex::new(file)).init();
    });
}
