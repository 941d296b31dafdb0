//! A handler's argument types, so that the document can say what they demand.

use std::any::TypeId;
use std::marker::PhantomData;

use crate::access::require::{Require, RequireAny, RequiredScopes, ScopeSet};

/// The argument types of a handler function.
pub trait HandlerArguments<Types> {
    /// An [`Argument`] for each, filled up with [`NoArgument`] to the sixteen that an axum handler can have.
    type Each;

    /// One value of each type, which holds nothing.
    fn each() -> Self::Each;
}

/// The argument types of this handler.
pub fn arguments_of<Types, H: HandlerArguments<Types>>(_: &H) -> H::Each {
    H::each()
}

/// The type of one argument of a handler. [`routes!`](crate::routes!) calls `noted()` on each: Rust prefers the type's
/// own method, if it has one, to the one of the trait.
pub struct Argument<T>(PhantomData<fn() -> T>);

/// In place of an argument that a handler does not have.
pub enum NoArgument {}

/// What the document has to know of one argument.
#[derive(Clone, Copy, Debug)]
pub struct NotedArgument {
    pub(crate) type_id: TypeId,
    pub(crate) required: Option<RequiredScopes>,
}

impl<S: ScopeSet> Argument<Require<S>> {
    /// Demands every scope of `S`.
    pub fn noted(&self) -> NotedArgument {
        NotedArgument { type_id: TypeId::of::<Require<S>>(), required: Some(Require::<S>::REQUIRED) }
    }
}

impl<S: ScopeSet> Argument<RequireAny<S>> {
    /// Demands one scope of `S`.
    pub fn noted(&self) -> NotedArgument {
        NotedArgument { type_id: TypeId::of::<RequireAny<S>>(), required: Some(RequireAny::<S>::REQUIRED) }
    }
}

/// `noted()` for every other argument.
pub trait DemandsNoScope {
    /// Demands no scope.
    fn noted(&self) -> NotedArgument;
}

impl<T: 'static> DemandsNoScope for Argument<T> {
    fn noted(&self) -> NotedArgument {
        NotedArgument { type_id: TypeId::of::<T>(), required: None }
    }
}

/// Implements [`HandlerArguments`] for functions of 0 to 16 arguments. The first brackets hold the arguments, the
/// second the [`NoArgument`]s that fill them up to 16; each step moves on by one argument.
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
