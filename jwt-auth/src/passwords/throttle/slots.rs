//! One bucket of the throttle in memory: a few slots that count one key each.

use crate::passwords::throttle::window::{Counts, Shift};

pub(crate) const SLOTS: usize = 8;

/// The window in which the bucket was last used, and its slots. It is made of plain numbers, so that the system zeroes the memory of
/// the table when it is first used.
pub(crate) type Bucket = [u64; SLOTS + 1];

/// The tag of a free slot.
const FREE: u32 = 0;
/// The tag of a slot that counts several keys, because the bucket was full.
const SHARED: u32 = 1;

/// The tag of a key's slot, from the upper half of the key's hash.
pub(crate) fn tag(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or(u32::MAX).max(SHARED + 1)
}

#[derive(Clone, Copy)]
struct Slot {
    tag: u32,
    previous: u16,
    latest: u16,
}

impl Slot {
    fn unpack(bits: u64) -> Self {
        let [a, b, c, d, e, f, g, h] = bits.to_be_bytes();
        Self {
            tag: u32::from_be_bytes([a, b, c, d]),
            previous: u16::from_be_bytes([e, f]),
            latest: u16::from_be_bytes([g, h]),
        }
    }

    /// A slot whose counts are 0 becomes free.
    fn pack(self) -> u64 {
        if (self.previous, self.latest) == (0, 0) {
            return 0;
        }
        u64::from(self.tag) << 32 | u64::from(self.previous) << 16 | u64::from(self.latest)
    }

    fn counts(self, period: u64) -> Counts {
        Counts { period, previous: self.previous, latest: self.latest }
    }

    fn with(self, counts: Counts) -> Self {
        Self { previous: counts.previous, latest: counts.latest, ..self }
    }
}

/// The slot that counts a key: its own, or the shared one if that is in use, because it may have counted the key.
fn counted_by(slots: &[u64; SLOTS], tag: u32) -> Option<usize> {
    let find = |wanted: u32| slots.iter().position(|bits| Slot::unpack(*bits).tag == wanted);
    find(tag).or_else(|| find(SHARED))
}

/// The slot for a key: the one that counts it, a free one, or the last one, which it then shares.
fn slot_for(slots: &[u64; SLOTS], tag: u32) -> usize {
    let last = SLOTS - 1;
    counted_by(slots, tag).or_else(|| slots.iter().position(|bits| *bits == 0)).unwrap_or(last)
}

/// Counts an attempt. If the limit is used up, the error is what was counted.
pub(crate) fn count(bucket: &mut Bucket, tag: u32, limit: u16, now: u64) -> Result<(), Counts> {
    let [period, slots @ ..] = bucket;
    let shift = Shift::between(*period, now);
    if shift != Shift::None {
        for bits in slots.iter_mut() {
            let slot = Slot::unpack(*bits);
            *bits = slot.with(slot.counts(*period).shifted(shift, now)).pack();
        }
        *period = now;
    }
    let at = slot_for(slots, tag);
    let full = Counts { period: *period, previous: limit, latest: limit };
    let Some(bits) = slots.get_mut(at) else { return Err(full) };
    let slot = Slot::unpack(*bits);
    let counts = slot.counts(*period);
    if counts.total() >= limit {
        return Err(counts);
    }
    let tag = if matches!(slot.tag, FREE) || slot.tag == tag { tag } else { SHARED };
    *bits = Slot { tag, latest: slot.latest.saturating_add(1), ..slot }.pack();
    Ok(())
}

/// Takes back an attempt that began in this window.
pub(crate) fn take_back(bucket: &mut Bucket, tag: u32, began: u64) {
    let [period, slots @ ..] = bucket;
    if let Some(bits) = counted_by(slots, tag).and_then(|at| slots.get_mut(at)) {
        let slot = Slot::unpack(*bits);
        *bits = slot.with(slot.counts(*period).without_one(began)).pack();
    }
}
