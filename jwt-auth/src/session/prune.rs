//! The removal of what is past.

use super::rules::Rules;
use super::subject::Subject;

impl Subject {
    /// Removes entries that have no effect any more at `past`, the earlier of two clocks.
    pub(crate) fn prune(&mut self, past: u64, rules: &Rules) {
        self.entries.retain(|_, entry| entry.keep_until(rules) > past);
        self.revoked.retain(|_, until| *until > past);
        if self.before != 0 && rules.outlived(self.before.saturating_add(rules.longest_access)) <= past {
            self.before = 0;
        }
    }

    /// Whether its document can be removed.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.revoked.is_empty() && self.before == 0
    }
}
