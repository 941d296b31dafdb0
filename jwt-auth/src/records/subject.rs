//! The parsed document of one subject, which the decisions read and change.

use std::collections::BTreeMap;

use crate::records::encoding::{Reader, Writer, malformed};
use crate::records::live_session::LiveSession;
use crate::records::names::{JwtIdHash, SessionId};
use crate::records::rules::Rules;
use crate::records::summary::{ENDED, ENTRY, LIVE, REVOKED};
use crate::store::document::{Body, Document, Summary, Version};
use crate::store::error::StoreError;

const DAY: u64 = 24 * 60 * 60;

/// Everything about one subject of one issuer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Subject {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    /// If the check of the user began before this second, a token without a session is refused, and so is a sign-in.
    pub(crate) before: u64,
    pub(crate) entries: BTreeMap<SessionId, Entry>,
    /// Access tokens that were revoked one by one, each with the time from which no verifier accepts it.
    pub(crate) revoked: BTreeMap<JwtIdHash, u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Entry {
    Live(Box<LiveSession>),
    /// Kept until no verifier accepts its access tokens.
    Ended {
        until: u64,
    },
}

impl Subject {
    pub(crate) fn new(issuer: &str, subject: &str) -> Self {
        Self { issuer: issuer.to_owned(), subject: subject.to_owned(), ..Self::default() }
    }

    /// The session, if it has not ended.
    pub(crate) fn live(&self, session: SessionId) -> Option<&LiveSession> {
        match self.entries.get(&session) {
            Some(Entry::Live(live)) => Some(live),
            _ => None,
        }
    }

    pub(crate) fn live_mut(&mut self, session: SessionId) -> Option<&mut LiveSession> {
        match self.entries.get_mut(&session) {
            Some(Entry::Live(live)) => Some(live),
            _ => None,
        }
    }

    pub(crate) fn sessions(&self) -> impl Iterator<Item = (SessionId, &LiveSession)> {
        self.entries.iter().filter_map(|(id, entry)| match entry {
            Entry::Live(session) => Some((*id, &**session)),
            Entry::Ended { .. } => None,
        })
    }

    /// The sessions that can be continued, the one that was refreshed last first.
    pub(crate) fn list(&self, now: u64) -> Vec<(SessionId, LiveSession)> {
        let live = self.sessions().filter(|(_, session)| session.is_in_time(now));
        let mut list: Vec<_> = live.map(|(id, session)| (id, session.clone())).collect();
        list.sort_by_key(|(id, session)| std::cmp::Reverse((session.refreshed_at, session.began_at, *id)));
        list
    }

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

    pub(crate) fn encode(&self, version: Version, rules: &Rules) -> Document {
        Document {
            version,
            keep_until: self.keep_until(rules),
            summary: Summary::from_bytes(self.encode_summary()),
            body: Body::from_bytes(self.encode_body()),
        }
    }

    /// Rounded up to whole days, so that a refresh seldom changes it.
    fn keep_until(&self, rules: &Rules) -> u64 {
        let of_before =
            if self.before == 0 { 0 } else { rules.outlived(self.before.saturating_add(rules.longest_access)) };
        let entries = self.entries.values().map(|entry| entry.keep_until(rules));
        let latest = entries.chain(self.revoked.values().copied()).fold(of_before, u64::max);
        latest.checked_next_multiple_of(DAY).unwrap_or(u64::MAX)
    }

    fn encode_summary(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.seconds(self.before);
        writer.count(self.entries.len());
        for (id, entry) in &self.entries {
            writer.bytes(&id.0);
            let (kind, until) = match entry {
                Entry::Live(_) => (LIVE, 0),
                Entry::Ended { until } => (ENDED, *until),
            };
            writer.bytes(&[kind]);
            writer.seconds(until);
        }
        writer.count(self.revoked.len());
        for (jwt_id, until) in &self.revoked {
            writer.bytes(&jwt_id.0);
            writer.seconds(*until);
        }
        writer.into_bytes()
    }

    /// The sessions are in the order of the summary's live entries.
    pub(crate) fn encode_body(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.text(&self.issuer);
        writer.text(&self.subject);
        self.sessions().for_each(|(_, session)| session.encode(&mut writer));
        writer.into_bytes()
    }

    pub(crate) fn decode(document: &Document) -> Result<Self, StoreError> {
        let mut summary = Reader::new(document.summary.as_bytes())?;
        let mut body = Reader::new(document.body.as_bytes())?;
        let (issuer, subject, before) = (body.text()?, body.text()?, summary.seconds()?);
        let mut entries = BTreeMap::new();
        for record in summary.records::<ENTRY>()? {
            let (id, entry) = read_entry(record, &mut body)?;
            push(&mut entries, id, entry)?;
        }
        let mut revoked = BTreeMap::new();
        for record in summary.records::<REVOKED>()? {
            let (jwt_id, until) = record.split_first_chunk::<16>().ok_or_else(malformed)?;
            push(&mut revoked, JwtIdHash(*jwt_id), seconds(until)?)?;
        }
        summary.end()?;
        body.end()?;
        Ok(Self { issuer, subject, before, entries, revoked })
    }
}

fn read_entry(record: &[u8; ENTRY], body: &mut Reader<'_>) -> Result<(SessionId, Entry), StoreError> {
    let (id, rest) = record.split_first_chunk::<16>().ok_or_else(malformed)?;
    let (kind, until) = rest.split_first().ok_or_else(malformed)?;
    let entry = match (*kind, seconds(until)?) {
        (LIVE, 0) => Entry::Live(Box::new(LiveSession::decode(body)?)),
        (ENDED, until) => Entry::Ended { until },
        _ => return Err(malformed()),
    };
    Ok((SessionId(*id), entry))
}

fn seconds(bytes: &[u8]) -> Result<u64, StoreError> {
    bytes.try_into().map(u64::from_be_bytes).map_err(|_| malformed())
}

/// Fails unless the keys come in ascending order, each once.
fn push<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: V) -> Result<(), StoreError> {
    if map.last_key_value().is_some_and(|(last, _)| *last >= key) {
        return Err(malformed());
    }
    map.insert(key, value);
    Ok(())
}

impl Entry {
    /// The time after which the entry is not needed any more.
    pub(crate) fn keep_until(&self, rules: &Rules) -> u64 {
        match self {
            Self::Live(session) => {
                let usable_until = session.idle_until.min(session.ends_at);
                usable_until.max(rules.outlived(session.access_until))
            }
            Self::Ended { until } => *until,
        }
    }
}
