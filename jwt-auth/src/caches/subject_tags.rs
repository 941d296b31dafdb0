//! A cache of subject tags. Hashing the subject each time would take a tenth of the time of a request with a new token.

use std::hash::{Hash, Hasher};

use quick_cache::Equivalent;

use crate::caches::bounded::{BoundedCache, bounded_cache};
use crate::store::error::StoreError;
use crate::store::subject_tag::SubjectTag;

const CAPACITY: usize = 10_000;

/// A bounded cache. A tag that is not in it is computed.
pub(crate) struct SubjectTags {
    tags: BoundedCache<SubjectName, SubjectTag>,
}

impl SubjectTags {
    pub(crate) fn new() -> Self {
        Self { tags: bounded_cache(CAPACITY) }
    }

    pub(crate) fn tag(&self, issuer: &str, subject: &str) -> Result<SubjectTag, StoreError> {
        let name = SubjectNameRef { issuer, subject };
        if let Some(tag) = self.tags.get(&name) {
            return Ok(tag);
        }
        let tag = SubjectTag::new(issuer, subject)?;
        self.tags.insert(name.into(), tag);
        Ok(tag)
    }
}

/// A subject of an issuer, as the key of a cache.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct SubjectName {
    issuer: Box<str>,
    subject: Box<str>,
}

/// A borrowed [`SubjectName`], to look one up without copying.
#[derive(Clone, Copy)]
pub(crate) struct SubjectNameRef<'n> {
    pub(crate) issuer: &'n str,
    pub(crate) subject: &'n str,
}

impl From<SubjectNameRef<'_>> for SubjectName {
    fn from(name: SubjectNameRef<'_>) -> Self {
        Self { issuer: name.issuer.into(), subject: name.subject.into() }
    }
}

impl Equivalent<SubjectName> for SubjectNameRef<'_> {
    fn equivalent(&self, cached: &SubjectName) -> bool {
        *self.subject == *cached.subject && *self.issuer == *cached.issuer
    }
}

/// Must hash like the derived implementation of [`SubjectName`].
impl Hash for SubjectNameRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.issuer.hash(state);
        self.subject.hash(state);
    }
}

#[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
mod tests {
    use super::*;

    #[test]
    fn a_cached_tag_is_the_computed_one() {
        let tags = SubjectTags::new();
        for (issuer, subject) in [("i", "s"), ("is", ""), ("", "is"), ("i", "s"), ("is", "")] {
            assert_eq!(tags.tag(issuer, subject), SubjectTag::new(issuer, subject));
        }
        assert_eq!(tags.tags.len(), 3);
    }
}
