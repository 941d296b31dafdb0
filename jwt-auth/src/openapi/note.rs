//! A note on an operation: what its handler and its routers require. `protect` reads and removes it.

use std::any::TypeId;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;
use utoipa::openapi::path::Operation;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::path::Paths;

use crate::access::demand::Declared;
use crate::access::demand::Demand;
use crate::access::require::RequiredScopes;
use crate::declaration::scope::ScopeSpec;
use crate::declaration::scope::ScopeType;
use crate::declaration::spec::Spec;
use crate::hooks::AuthBackend;
use crate::jose::token::Token;
use crate::openapi::arguments::NotedArgument;

/// The extension of an operation that holds the note. `protect` removes it.
const NOTE: &str = "x-jwt-auth-arguments";

/// The note, as the extension holds it.
#[derive(Default, Serialize, Deserialize)]
struct Note {
    /// The types of the handler's arguments. `None` if the handler was not registered with `routes!` of this crate.
    arguments: Option<Vec<String>>,
    /// One entry for each argument and router that requires scopes: a list of alternatives, each a list of scopes.
    required: Vec<Vec<Vec<NotedScope>>>,
}

/// A scope type.
#[derive(Serialize, Deserialize)]
struct NotedScope {
    name: String,
    id: String,
}

/// Notes the arguments of a handler on its operations.
pub fn note_arguments(paths: &mut Paths, arguments: &[NotedArgument]) {
    for (_, operation) in paths.paths.values_mut().flat_map(operations_mut) {
        let mut note = Note::take(operation);
        note.arguments = Some(arguments.iter().map(|argument| text(argument.type_id)).collect());
        arguments.iter().filter_map(|argument| argument.required).for_each(|required| note.require(required));
        note.put(operation);
    }
}

/// Notes on every operation the scopes that its router requires.
pub(crate) fn note_required(paths: &mut Paths, required: RequiredScopes) {
    for (_, operation) in paths.paths.values_mut().flat_map(operations_mut) {
        let mut note = Note::take(operation);
        note.require(required);
        note.put(operation);
    }
}

impl Note {
    fn take(operation: &mut Operation) -> Self {
        let note = operation.extensions.as_mut().and_then(|extensions| extensions.remove(NOTE));
        if operation.extensions.as_ref().is_some_and(|extensions| extensions.is_empty()) {
            operation.extensions = None;
        }
        note.and_then(|note| serde_json::from_value(note).ok()).unwrap_or_default()
    }

    fn put(&self, operation: &mut Operation) {
        let note = serde_json::to_value(self).unwrap_or_default();
        operation.extensions.get_or_insert_default().insert(NOTE.to_owned(), note);
    }

    fn require(&mut self, required: RequiredScopes) {
        let noted = |set: &'static [ScopeType]| {
            let scopes = set.iter().map(|scope| NotedScope { name: scope.name.to_owned(), id: text((scope.id)()) });
            scopes.collect()
        };
        self.required.push(required.alternatives().map(noted).collect());
    }
}

/// A text for a type. It is unique within one program, and the note does not leave the program.
fn text(id: TypeId) -> String {
    format!("{id:?}")
}

/// The content of a note.
pub(crate) struct Noted {
    /// The scopes that `Require`, `RequireAny` and the routers require.
    pub(crate) demand: Demand,
    /// Whether the handler needs a user: it takes the user type or `Token`, or a scope is required. An `Option` of these types does
    /// not count.
    pub(crate) user: bool,
    /// Whether the handler takes an `Option` of the user type or of `Token`. Such an argument refuses an invalid token.
    pub(crate) optional_user: bool,
    /// Whether the handler's arguments are known.
    pub(crate) has_arguments: bool,
}

/// A scope of another backend.
pub(crate) struct ForeignScope(pub(crate) String);

/// Removes the note and reads it.
pub(crate) fn take_noted<A: AuthBackend>(operation: &mut Operation) -> Result<Noted, ForeignScope> {
    let note = Note::take(operation);
    let mut demand = Demand::nothing();
    for alternatives in &note.required {
        let sets = alternatives.iter().map(|set| set.iter().map(|scope| declared(&A::SPEC, scope)).collect());
        demand = demand.and(&Demand::one_of(sets.collect::<Result<Vec<BTreeSet<Declared>>, ForeignScope>>()?));
    }
    let has = |id: TypeId| note.arguments.iter().flatten().any(|argument| *argument == text(id));
    Ok(Noted {
        user: !demand.is_nothing() || has(TypeId::of::<A::User>()) || has(TypeId::of::<Token>()),
        optional_user: has(TypeId::of::<Option<A::User>>()) || has(TypeId::of::<Option<Token>>()),
        has_arguments: note.arguments.is_some(),
        demand,
    })
}

fn declared(spec: &Spec, noted: &NotedScope) -> Result<Declared, ForeignScope> {
    let is_noted = |scope: &ScopeSpec| scope.name == noted.name && text((scope.id)()) == noted.id;
    Declared::find(spec, is_noted).ok_or_else(|| ForeignScope(noted.name.clone()))
}

/// Every operation of a path, with its method. utoipa 6 keeps operations in eight fields, one for each method, and in two
/// other places.
pub(crate) fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = (String, &mut Operation)> {
    let known = [
        ("GET", &mut item.get),
        ("PUT", &mut item.put),
        ("POST", &mut item.post),
        ("DELETE", &mut item.delete),
        ("OPTIONS", &mut item.options),
        ("HEAD", &mut item.head),
        ("PATCH", &mut item.patch),
        ("TRACE", &mut item.trace),
        ("QUERY", &mut item.query),
    ];
    let known = known.into_iter().filter_map(|(method, slot)| Some((method.to_owned(), slot.as_mut()?)));
    known.chain(item.additional_operations.iter_mut().map(|(method, operation)| (method.clone(), operation)))
}
