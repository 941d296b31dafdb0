//! The argument types of a handler, from which the document learns the scopes that they require.

use std::any::TypeId;
use std::marker::PhantomData;

use crate::access::require::{Require, RequireAny, RequiredScopes, ScopeSet};

/// The argument types of a handler function.
pub trait HandlerArguments<Types> {
    /// A tuple of sixteen types, because an axum handler has at most sixteen arguments: an [`Argument`] for each argument, then
    /// [`NoArgument`] for the rest.
    type Each;

    /// One value of each of these types. They have no content.
    fn each() -> Self::Each;
}

/// The argument types of this handler.
pub fn arguments_of<Types, H: HandlerArguments<Types>>(_: &H) -> H::Each {
    H::each()
}

/// The type of one argument of a handler. [`routes!`](crate::routes!) calls `noted()` on each. Rust prefers an inherent method,
/// which exists for `Require` and `RequireAny`, to the one of the trait, which exists for every type.
pub struct Argument<T>(PhantomData<fn() -> T>);

/// Stands for an argument that the handler does not have.
pub enum NoArgument {}

/// What the document needs to know about one argument.
#[derive(Clone, Copy, Debug)]
pub struct NotedArgument {
    pub(crate) type_id: TypeId,
    pub(crate) required: Option<RequiredScopes>,
}

impl<S: ScopeSet> Argument<Require<S>> {
    /// This argument requires every scope of `S`.
    pub fn noted(&self) -> NotedArgument {
        NotedArgument { type_id: TypeId::of::<Require<S>>(), required: Some(Require::<S>::REQUIRED) }
    }
}

impl<S: ScopeSet> Argument<RequireAny<S>> {
    /// This argument requires one scope of `S`.
    pub fn noted(&self) -> NotedArgument {
        NotedArgument { type_id: TypeId::of::<RequireAny<S>>(), required: Some(RequireAny::<S>::REQUIRED) }
    }
}

/// `noted()` for every other argument.
pub trait DemandsNoScope {
    /// This argument requires no scope.
    fn noted(&self) -> NotedArgument;
}

impl<T: 'static> DemandsNoScope for Argument<T> {
    fn noted(&self) -> NotedArgument {
        NotedArgument { type_id: TypeId::of::<T>(), required: None }
    }
}

/// Implements [`HandlerArguments`] for functions with 0 to 16 arguments. The first brackets hold the arguments, the second the
/// [`NoArgument`]s that make them sixteen. Each step of the recursion has one argument less.
macro_rules! handler_arguments {
    ([$($argument:ident)*] [$($missing:ident)*]) => {
        impl<F, R, $($argument: 'static),*> HandlerArguments<($($argument,)*)> for F
        where
            F: Fn($($argument),*) -> R,
        {
            type Each = ($(Argument<$argument>,)* $(Argument<$missing>,)*);

            fn each() -> Self::Each {
                ($(Argument::<$argument>(PhantomData),)* $(Argument::<$missing>(PhantomData),)*)
            }
        }
    };
    ([$($argument:ident)*] [$missing:ident $($more:ident)*] $next:ident $($later:ident)*) => {
        handler_arguments!([$($argument)*] [$missing $($more)*]);
        handler_arguments!([$($argument)* $next] [$($more)*] $($later)*);
    };
}

handler_arguments!(
    []
    [
        NoArgument NoArgument NoArgument NoArgument NoArgument NoArgument NoArgument NoArgument
        NoArgument NoArgument NoArgument NoArgument NoArgument NoArgument NoArgument NoArgument
    ]
    A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16
);
