//! The future of a guarded request.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::authenticate::Authenticated;
use crate::catch_panic::catch_panic;
use crate::hooks::AuthBackend;
use crate::web::guard::{Guard, OuterLayers};
use crate::web::in_flight::InFlight;
use crate::web::request_state::BoxFuture;

pin_project! {
    /// The future of a [`GuardService`](crate::web::guard_layer::GuardService).
    ///
    /// It allocates nothing if the guard can decide without waiting. That is so if the user is rebuilt from the token and the store
    /// is in this process.
    pub struct GuardFuture<F, E, A> {
        #[pin]
        state: State<F, E, A>,
    }
}

pin_project! {
    #[project = StateOf]
    enum State<F, E, A> {
        Refused { response: Option<Response> },
        Inside { #[pin] handler: F, in_flight: Option<InFlight<A>> },
        Later { answer: BoxFuture<'static, Result<Response, E>> },
    }
}

impl<F, E, A> GuardFuture<F, E, A>
where
    F: Future<Output = Result<Response, E>> + Send,
    E: 'static,
    A: AuthBackend,
{
    pub(crate) fn refused(response: Response) -> Self {
        Self { state: State::Refused { response: Some(response) } }
    }

    /// The guard admitted the request, so this calls the handler.
    pub(crate) fn inside<S>(
        service: &mut S,
        guard: Arc<Guard<A>>,
        authenticated: Option<Authenticated>,
        mut request: (Parts, Body),
    ) -> Self
    where
        S: Service<Request, Response = Response, Error = E, Future = F>,
    {
        let in_flight = InFlight::begin(guard, &mut request.0, authenticated);
        let request = Request::from_parts(request.0, request.1);
        match catch_panic(|| service.call(request)) {
            Ok(handler) => Self { state: State::Inside { handler, in_flight: Some(in_flight) } },
            Err(panicked) => Self::refused(in_flight.panicked(panicked)),
        }
    }

    /// The guard has to wait before it can decide, so it decides when this future is polled.
    pub(crate) fn later<S>(mut service: S, guard: Arc<Guard<A>>, outer: OuterLayers, request: (Parts, Body)) -> Self
    where
        S: Service<Request, Response = Response, Error = E, Future = F> + Send + 'static,
    {
        let answer = Box::pin(async move {
            let authenticated = match guard.admit(&request.0, outer).await {
                Ok(authenticated) => authenticated,
                Err(rejection) => return Ok(rejection.into_response()),
            };
            GuardFuture::inside(&mut service, guard, authenticated, request).await
        });
        Self { state: State::Later { answer } }
    }
}

impl<F, E, A> Future for GuardFuture<F, E, A>
where
    F: Future<Output = Result<Response, E>>,
    A: AuthBackend,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateOf::Refused { response } => response.take().map_or(Poll::Pending, |it| Poll::Ready(Ok(it))),
            StateOf::Later { answer } => answer.as_mut().poll(cx),
            StateOf::Inside { handler, in_flight } => {
                let answered = match catch_panic(|| handler.poll(cx)) {
                    Ok(Poll::Pending) => return Poll::Pending,
                    Ok(Poll::Ready(answered)) => Ok(answered),
                    Err(panicked) => Err(panicked),
                };
                let Some(in_flight) = in_flight.take() else { return Poll::Pending };
                Poll::Ready(match answered {
                    Ok(response) => response.map(|response| in_flight.marked(response)),
                    Err(panicked) => Ok(in_flight.panicked(panicked)),
                })
            }
        }
    }
}

impl<F, E, A> fmt::Debug for GuardFuture<F, E, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardFuture").finish_non_exhaustive()
    }
}
