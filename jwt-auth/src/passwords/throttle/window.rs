//! The windows in which attempts are counted.

/// The number of the window that contains this time. Windows begin at multiples of their length.
pub(crate) fn period(now: u64, window: u64) -> u64 {
    now.checked_div(window).unwrap_or(now)
}

/// How the window has changed since a counter was last used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shift {
    /// It is the same window, or one earlier because another instance's clock is slightly ahead.
    None,
    /// It is the next window.
    Next,
    /// Both of the counter's windows are over.
    Past,
    /// The clock was set back by more than a window. The counts are kept.
    Back,
}

impl Shift {
    pub(crate) fn between(from: u64, to: u64) -> Self {
        match (to.saturating_sub(from), from.saturating_sub(to)) {
            (0, 0 | 1) => Self::None,
            (0, _) => Self::Back,
            (1, _) => Self::Next,
            _ => Self::Past,
        }
    }
}

/// The counts of a counter: in its window, and in the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) period: u64,
    pub(crate) previous: u16,
    pub(crate) latest: u16,
}

impl Counts {
    pub(crate) fn shifted(self, shift: Shift, to: u64) -> Self {
        match shift {
            Shift::None => self,
            Shift::Next => Self { period: to, previous: self.latest, latest: 0 },
            Shift::Past => Self { period: to, previous: 0, latest: 0 },
            Shift::Back => Self { period: to, previous: 0, latest: self.total() },
        }
    }

    pub(crate) fn total(self) -> u16 {
        self.previous.saturating_add(self.latest)
    }

    /// Without one attempt that began in this window. If the counter has moved on to the next window, the attempt is one of the
    /// previous window.
    pub(crate) fn without_one(self, began: u64) -> Self {
        match self.period.checked_sub(began) {
            Some(0) => Self { latest: self.latest.saturating_sub(1), ..self },
            Some(1) => Self { previous: self.previous.saturating_sub(1), ..self },
            _ => self,
        }
    }

    /// After how many seconds a counter that is full has room again.
    pub(crate) fn wait(self, limit: u16, window: u64, now: u64) -> u64 {
        // What this window counted still counts in the whole next window.
        let windows = if self.latest >= limit { 2 } else { 1 };
        self.period.saturating_add(windows).saturating_mul(window).saturating_sub(now).max(1)
    }
}
