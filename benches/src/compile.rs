//! The build times of the macros and the crate. The packages that are built here are written below the target directory and
//! removed again. They download their dependencies, so no test runs this.

pub(crate) mod cold_build;
pub(crate) mod macro_build;
pub(crate) mod macro_size;
pub(crate) mod macro_use;
mod expansion;
mod package;
mod uses;
