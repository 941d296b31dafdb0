//! A handler's argument types, noted on its operation until `protect` looks for scope guards among them.

use std::any::TypeId;

use serde_json::Value;
use utoipa::openapi::path::{Operation, Paths};

use super::document::operations_mut;
use crate::backend::ScopeSpec;

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

/// Takes the note away, and tells the scopes whose `Require` is among the arguments.
pub(super) fn take_required(operation: &mut Operation, declared: &[ScopeSpec]) -> Vec<String> {
    let note = operation.extensions.as_mut().and_then(|extensions| extensions.remove(NOTE));
    if operation.extensions.as_ref().is_some_and(|extensions| extensions.is_empty()) {
        operation.extensions = None;
    }
    let Some(Value::Array(arguments)) = note else { return Vec::new() };
    let required = declared.iter().filter(|scope| arguments.contains(&written((scope.require)())));
    required.map(|scope| scope.name.to_owned()).collect()
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
