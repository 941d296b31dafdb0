//! The builder: settings that differ between deployments, and their checks.

pub(crate) mod build;
pub(crate) mod build_error;
pub(crate) mod builder;
pub(crate) mod builder_mode;
pub(crate) mod builder_store;
pub(crate) mod check;

pub use crate::backend::mode::{Issuing, Mode, VerifyOnly};
pub use build_error::BuildError;
pub use builder::Builder;
