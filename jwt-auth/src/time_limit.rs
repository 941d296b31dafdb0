//! Time limits for calls of a store or a throttle. A call that answers at once needs no timer, so it works on a runtime without
//! one.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

/// The call took longer than its time limit.
pub(crate) struct Late;

/// Awaits a call within a time limit.
pub(crate) async fn in_time<F: Future>(limit: Duration, call: F) -> Result<F::Output, Late> {
    let mut call = pin!(call);
    match poll_once(call.as_mut()).await {
        Some(answer) => Ok(answer),
        None => tokio::time::timeout(limit, call).await.map_err(|_| Late),
    }
}

/// Polls once. `None` means that the future is not ready; it can be polled again.
pub(crate) async fn poll_once<F: Future + ?Sized>(mut future: Pin<&mut F>) -> Option<F::Output> {
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
