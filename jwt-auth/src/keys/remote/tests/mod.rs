//! Keys that are fetched. The time is tokio's, paused, so that the tests never depend on the speed of the machine.

mod places;
mod provider;
mod rotation;
