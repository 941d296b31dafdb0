//! What the macros and the crate cost a build. The packages that are built here are written under the target directory
//! and removed again; what they depend on comes from a crate registry, so that no test runs this.

pub(crate) mod cold_build;
pub(crate) mod macro_build;
pub(crate) mod macro_size;
pub(crate) mod macro_use;
mod expansion;
mod package;
mod uses;
