//! Counts the outcomes of races.

use std::fmt;

/// The counts of many rounds. `double_winners`, `survivors` and `halves` must be 0.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Two different live successors of one refresh token.
    pub(crate) double_winners: usize,
    /// Tokens that are still accepted after their end was confirmed.
    pub(crate) survivors: usize,
    /// Sessions of which only one token, the access token or the refresh token, is still accepted.
    pub(crate) halves: usize,
    pub(crate) rounds: usize,
    /// The counts of other outcomes, by name.
    others: Vec<(&'static str, usize)>,
}

impl Tally {
    pub(crate) fn add(&mut self, name: &'static str, count: usize) {
        match self.others.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known += count,
            None => self.others.push((name, count)),
        }
    }

    pub(crate) fn is_clean(&self, what: &str) {
        println!("{what}: {self}");
        assert_eq!((self.double_winners, self.survivors, self.halves), (0, 0, 0), "{what}: {self}");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { double_winners, survivors, halves, rounds, others } = self;
        write!(f, "{rounds} rounds, {double_winners} double winners, {survivors} survivors, {halves} halves")?;
        others.iter().try_for_each(|(name, count)| write!(f, ", {count} {name}"))
    }
}

/// How many times each race is run.
pub(crate) fn rounds() -> usize {
    std::env::var("JWT_AUTH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(20)
}

/// A random number below `bound`.
pub(crate) fn below(bound: usize) -> usize {
    let mut bytes = [0; 8];
    aws_lc_rs::rand::fill(&mut bytes).expect("random numbers");
    usize::from_ne_bytes(bytes) % bound
}
