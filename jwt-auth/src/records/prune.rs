//! Removes expired entries.

use crate::records::rules::Rules;
use crate::records::subject::Subject;

impl Subject {
    /// Removes the entries that no longer have an effect at `past`, which is the earlier of this instance's clock and the
    /// store's.
    pub(crate) fn prune(&mut self, past: u64, rules: &Rules) {
        self.entries.retain(|_, entry| entry.keep_until(rules) > past);
        self.revoked.retain(|_, until| *until > past);
        if self.before != 0 && rules.outlived(self.before.saturating_add(rules.longest_access)) <= past {
            self.before = 0;
        }
    }

    /// Whether its document can be deleted.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.revoked.is_empty() && self.before == 0
    }
}
