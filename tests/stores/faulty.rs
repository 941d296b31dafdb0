//! A store with calls that fail, hang, or are carried out late, as the test needs.

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use jwt_auth::{
    StoreError,
    store::{Document, Key, Reading, Safety, Store, StoreFuture, Summary, Version},
};

use crate::proxy::Proxy;

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The call is not carried out.
    FailsBefore,
    /// The call is carried out, and its answer is lost.
    FailsAfter,
    /// Like `FailsBefore`, for this call and all later ones.
    AllFailBefore,
    /// Like `FailsAfter`, for this call and all later ones.
    AllFailAfter,
    /// The call is not carried out, and gets no answer.
    Hangs,
    /// The call gets no answer, and is carried out before the client sends its request again.
    LateBeforeRetry,
    /// The call gets no answer, and is carried out after the client has sent its request again.
    LateAfterRetry,
    /// The connections close before the call.
    CutBefore,
    /// The connections close during the call.
    CutDuring,
    /// The connections close after the answer to the call.
    CutAfter,
}

impl Fault {
    /// The faults of a connection.
    pub(crate) const CUTS: [Self; 3] = [Self::CutBefore, Self::CutDuring, Self::CutAfter];

    /// The faults of a call.
    pub(crate) const CALLS: [Self; 7] = [
        Self::FailsBefore,
        Self::FailsAfter,
        Self::AllFailBefore,
        Self::AllFailAfter,
        Self::Hangs,
        Self::LateBeforeRetry,
        Self::LateAfterRetry,
    ];
}

type Call = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Default)]
struct Plan {
    /// How many calls still succeed, and the fault that happens after them.
    armed: Option<(usize, Fault)>,
    has_happened: bool,
    late: Vec<Call>,
}

pub(crate) struct Faulty {
    store: Arc<dyn Store>,
    /// The proxy that the store connects to, if its connections can be cut.
    proxy: Option<Arc<Proxy>>,
    plan: Mutex<Plan>,
}

impl Faulty {
    pub(crate) fn new(store: Arc<dyn Store>, proxy: Option<Arc<Proxy>>) -> Self {
        Self { store, proxy, plan: Mutex::default() }
    }

    /// Waits until the store answers after its connections were cut.
    pub(crate) async fn is_back(&self) {
        let key = Key::from_bytes(&[0; 17]).expect("a key");
        let back = async {
            while self.store.read_summary(&key).await.is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), back).await.expect("new connections are made");
    }

    fn cut(&self) {
        self.proxy.as_ref().expect("connections that can be cut").cut();
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the fault happen after this many calls.
    pub(crate) fn arm(&self, after: usize, fault: Fault) {
        *self.plan() = Plan { armed: Some((after, fault)), ..Plan::default() };
    }

    pub(crate) fn disarm(&self) {
        self.plan().armed = None;
    }

    pub(crate) fn has_happened(&self) -> bool {
        self.plan().has_happened
    }

    /// Carries out the calls that hang.
    pub(crate) async fn carry_out_late(&self) {
        let late = std::mem::take(&mut self.plan().late);
        for call in late {
            call.await;
        }
    }

    fn fault(&self) -> Option<Fault> {
        let mut plan = self.plan();
        let (left, fault) = plan.armed?;
        if left > 0 {
            plan.armed = Some((left - 1, fault));
            return None;
        }
        plan.has_happened = true;
        if !matches!(fault, Fault::AllFailBefore | Fault::AllFailAfter) {
            plan.armed = None;
        }
        Some(fault)
    }

    /// A store in memory does its work as soon as it is called, so it is called only if the call is to be carried out.
    async fn with_fault<'a, T>(
        &'a self,
        call: impl FnOnce() -> StoreFuture<'a, T>,
        late: impl FnOnce() -> Option<Call>,
    ) -> Result<T, StoreError> {
        match self.fault() {
            None => call().await,
            Some(Fault::FailsBefore | Fault::AllFailBefore) => Err(StoreError::new("it was not carried out")),
            Some(Fault::FailsAfter | Fault::AllFailAfter) => {
                let _ = call().await;
                Err(StoreError::new("the answer is lost"))
            }
            Some(Fault::Hangs) => pending().await,
            Some(Fault::CutBefore) => {
                self.cut();
                call().await
            }
            Some(Fault::CutDuring) => {
                let mut call = call();
                let answered = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
                self.cut();
                match answered {
                    Poll::Ready(answer) => answer,
                    Poll::Pending => call.await,
                }
            }
            Some(Fault::CutAfter) => {
                let answer = call().await;
                self.cut();
                answer
            }
            Some(Fault::LateBeforeRetry | Fault::LateAfterRetry) => {
                self.plan().late.extend(late());
                pending().await
            }
        }
    }
}

impl Store for Faulty {
    fn read<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Reading> {
        Box::pin(self.with_fault(|| self.store.read(key), || None))
    }

    fn read_summary<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Option<Summary>> {
        Box::pin(self.with_fault(|| self.store.read_summary(key), || None))
    }

    fn replace<'s>(
        &'s self,
        key: &'s Key,
        expected: Option<Version>,
        new: Option<Document>,
        safety: Safety,
    ) -> StoreFuture<'s, bool> {
        let (store, its_key, its_new) = (Arc::clone(&self.store), *key, new.clone());
        let late = move || -> Option<Call> {
            Some(Box::pin(async move {
                let _ = store.replace(&its_key, expected, its_new, safety).await;
            }))
        };
        Box::pin(async move { self.with_fault(|| self.store.replace(key, expected, new, safety), late).await })
    }
}
