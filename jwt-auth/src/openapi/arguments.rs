//! A handler's argument types, noted on its operation until `protect` looks for scope guards among them.

use std::any::TypeId;

use serde_json::Value;
use utoipa::openapi::path::{Operation, Paths};

use super::document::operations_mut;
use crate::backend::AuthBackend;
use crate::token::Token;

/// Where the note stands. `protect` takes it away.
const NOTE: &str = "x-jwt-auth-arguments";

/// The argument types of a handler function.
pub trait HandlerArguments<Arguments> {
    /// One id for each argument, in order.
    fn type_ids() -> Vec<TypeId>;
}

/// Notes a handler's argument types on the operations that it was registered for.
pub fn note_arguments<Arguments, H: HandlerArguments<Arguments>>(paths: &mut Paths, _: &H) {
    let note: Vec<Value> = H::type_ids().into_iter().map(written).collect();
    for (_, operation) in paths.paths.values_mut().flat_map(operations_mut) {
        operation.extensions.get_or_insert_default().insert(NOTE.to_owned(), note.clone().into());
    }
}

/// What a handler's arguments say of its callers.
pub(super) struct Demanded {
    /// By `Require`.
    pub(super) scopes: Vec<String>,
    /// By the user type, the token, or a scope; `Option`s of them demand nothing.
    pub(super) user: bool,
    /// By an `Option` of the user type or the token, which refuses a token that is not valid.
    pub(super) optional_user: bool,
}

/// Takes the note away, and tells what it says.
pub(super) fn take_demanded<A: AuthBackend>(operation: &mut Operation) -> Demanded {
    let note = operation.extensions.as_mut().and_then(|extensions| extensions.remove(NOTE));
    if operation.extensions.as_ref().is_some_and(|extensions| extensions.is_empty()) {
        operation.extensions = None;
    }
    let arguments = note.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let has = |id: TypeId| arguments.contains(&written(id));
    let required = A::SPEC.scopes.iter().filter(|scope| has((scope.require)()));
    let scopes: Vec<String> = required.map(|scope| scope.name.to_owned()).collect();
    let user = !scopes.is_empty() || has(TypeId::of::<A::User>()) || has(TypeId::of::<Token>());
    let optional_user = has(TypeId::of::<Option<A::User>>()) || has(TypeId::of::<Option<Token>>());
    Demanded { scopes, user, optional_user }
}

/// Unique within one program, which is all that is needed.
fn written(id: TypeId) -> Value {
    format!("{id:?}").into()
}

macro_rules! handler_arguments {
    ($($argument:ident)*) => {
        impl<F, R, $($argument: 'static),*> HandlerArguments<($($argument,)*)> for F
        where
            F: Fn($($argument),*) -> R,
        {
            fn type_ids() -> Vec<TypeId> {
                vec![$(TypeId::of::<$argument>()),*]
            }
        }
    };
}

handler_arguments!();
handler_arguments!(A1);
handler_arguments!(A1 A2);
handler_arguments!(A1 A2 A3);
handler_arguments!(A1 A2 A3 A4);
handler_arguments!(A1 A2 A3 A4 A5);
handler_arguments!(A1 A2 A3 A4 A5 A6);
handler_arguments!(A1 A2 A3 A4 A5 A6 A7);
handler_arguments!(A1 A2 A3 A4 A5 A6 A7 A8);
handler_arguments!(A1 A2 A3 A4 A5 A6 A7 A8 A9);
handler_arguments!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10);
handler_arguments!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11);
handler_arguments!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12);
handler_arguments!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13);
handler_arguments!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14);
handler_arguments!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15);
handler_arguments!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16);
