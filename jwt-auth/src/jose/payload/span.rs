//! Where something stands in a payload's text.

use std::ops::Range;

/// A part of the text, which is far shorter than 4 GiB: it was in a token, or in the claims of one that is issued.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// What does not fit is empty.
    pub(crate) fn new(range: Range<usize>) -> Self {
        match (u32::try_from(range.start), u32::try_from(range.end)) {
            (Ok(start), Ok(end)) => Self { start, end },
            _ => Self::default(),
        }
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A name, and the JSON of its value.
pub(crate) type Member = (Span, Span);

/// The members that are not registered. Most tokens have a few, which stand here without an allocation.
#[derive(Default)]
pub(crate) struct Members {
    few: [Member; FEW],
    count: usize,
    more: Vec<Member>,
}

const FEW: usize = 4;

impl Members {
    pub(crate) fn push(&mut self, member: Member) {
        match self.few.get_mut(self.count) {
            Some(free) => *free = member,
            None => self.more.push(member),
        }
        self.count = self.count.saturating_add(1);
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Member> {
        self.few.iter().take(self.count).chain(&self.more)
    }
}
