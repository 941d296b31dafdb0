//! The operations of a document.

use utoipa::openapi::path::{Operation, PathItem};

/// Every operation of a path, with its method. utoipa 6 keeps operations in eight fields, one a method, and in two other places.
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
