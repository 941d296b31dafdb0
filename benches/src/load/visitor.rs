//! What one client of the example does.

use std::time::Duration;

use crate::harness::mixed;
use crate::load::VISITORS;
use crate::load::connection::Answer;

/// A kind of request.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Kind {
    Bare,
    User,
    Scope,
    Greeting,
    Product,
    BadToken,
    EndedToken,
    Refresh,
    SignOut,
    SignIn,
    WrongPassword,
}

impl Kind {
    pub(crate) const ALL: [Self; 11] = [
        Self::Bare,
        Self::User,
        Self::Scope,
        Self::Greeting,
        Self::Product,
        Self::BadToken,
        Self::EndedToken,
        Self::Refresh,
        Self::SignOut,
        Self::SignIn,
        Self::WrongPassword,
    ];

    /// The name, and the status that each answer must have.
    pub(crate) fn expected(self) -> (&'static str, u16) {
        match self {
            Self::Bare => ("bare axum", 200),
            Self::User => ("`GET /some-path`", 200),
            Self::Scope => ("`GET /orders`, a scope", 200),
            Self::Greeting => ("open route, signed in", 200),
            Self::Product => ("open route, no token", 200),
            Self::BadToken => ("bad signature", 401),
            Self::EndedToken => ("token of an ended session", 401),
            Self::Refresh => ("refresh", 200),
            Self::SignOut => ("sign-out", 204),
            Self::SignIn => ("sign-in", 200),
            Self::WrongPassword => ("wrong password", 400),
        }
    }

    /// Is this a request for a route that only signed-in users may call, with a good token?
    pub(crate) fn is_guarded(self) -> bool {
        matches!(self, Self::User | Self::Scope)
    }

    /// Does the server hash a password? That takes longer than the time between two requests of a client.
    pub(crate) fn hashes(self) -> bool {
        matches!(self, Self::SignIn | Self::WrongPassword)
    }
}

/// How often each visitor refreshes its session: about 13 refreshes a second over all.
const REFRESH: Duration = Duration::from_secs(20);
/// How often each visitor signs out and in again: 2 sign-ins a second over all.
const SIGN_OUT: Duration = Duration::from_secs(128);
/// How often each visitor sends a wrong password: one in two seconds over all, and at most 2 for each name in 15 minutes.
const WRONG_PASSWORD: Duration = Duration::from_secs(512);

/// The user of this number.
pub(crate) fn user_name(n: usize) -> String {
    format!("visitor-{n:03}")
}

/// The state of one client: its session, and when it does the rarer things next.
#[derive(Debug)]
pub(crate) struct Visitor {
    number: usize,
    sent: u64,
    /// Empty while the visitor is signed out.
    access: String,
    refresh: String,
    /// The access token of the last session that was ended.
    ended: String,
    rare: [(Kind, Duration, Duration); 3],
}

impl Visitor {
    pub(crate) fn new(number: usize) -> Self {
        // Each visitor begins at another time, so that the rare requests are spread evenly.
        let rare = [(Kind::Refresh, REFRESH), (Kind::SignOut, SIGN_OUT), (Kind::WrongPassword, WRONG_PASSWORD)];
        let rare = rare.map(|(kind, every)| (kind, every.mul_f64((number + 1) as f64 / VISITORS as f64), every));
        Self { number, sent: 0, access: String::new(), refresh: String::new(), ended: String::new(), rare }
    }

    /// What the visitor sends next, this long after the beginning.
    pub(crate) fn next(&mut self, elapsed: Duration) -> Kind {
        if self.access.is_empty() {
            return Kind::SignIn;
        }
        if let Some((kind, due, every)) = self.rare.iter_mut().find(|(_, due, _)| *due <= elapsed) {
            *due += *every;
            return *kind;
        }
        self.sent += 1;
        match mixed(((self.number as u64) << 32) | self.sent) % 100 {
            0..45 => Kind::User,
            45..75 => Kind::Scope,
            75..85 => Kind::Greeting,
            85..93 => Kind::Product,
            93..97 if !self.ended.is_empty() => Kind::EndedToken,
            _ => Kind::BadToken,
        }
    }

    /// The request of this kind.
    pub(crate) fn request(&self, kind: Kind) -> String {
        let with = |token: &str| format!("authorization: Bearer {token}\r\n");
        let good = || with(&self.access);
        let password = |password| {
            let name = user_name(self.number);
            self.form(&format!("grant_type=password&username={name}&password={password}&scope=read"))
        };
        match kind {
            Kind::Bare => self.get("/some-path", ""),
            Kind::User => self.get("/some-path", &good()),
            Kind::Scope => self.get("/orders", &good()),
            Kind::Greeting => self.get("/products/3", &good()),
            Kind::Product => self.get("/products/3", ""),
            // The last character of a signature encodes too few bits, so another one is changed.
            Kind::BadToken => {
                let (rest, end) = self.access.split_at(self.access.len() - 5);
                let other = if end.starts_with('A') { 'B' } else { 'A' };
                self.get("/some-path", &with(&format!("{rest}{other}{}", &end[1..])))
            }
            Kind::EndedToken => self.get("/some-path", &with(&self.ended)),
            Kind::Refresh => self.form(&format!("grant_type=refresh_token&refresh_token={}", self.refresh)),
            Kind::SignOut => self.message("POST", "/logout", &good(), ""),
            Kind::SignIn => password("wonderland"),
            Kind::WrongPassword => password("wrong"),
        }
    }

    /// Keeps what the answer says about the session.
    pub(crate) fn keep(&mut self, kind: Kind, answer: &Answer) {
        match kind {
            Kind::SignOut => self.ended = std::mem::take(&mut self.access),
            Kind::SignIn | Kind::Refresh => {
                [self.access, self.refresh] = ["access_token", "refresh_token"].map(|name| text(&answer.body, name));
            }
            _ => {}
        }
    }

    fn get(&self, path: &str, headers: &str) -> String {
        self.message("GET", path, headers, "")
    }

    fn form(&self, form: &str) -> String {
        self.message("POST", "/login", "content-type: application/x-www-form-urlencoded\r\n", form)
    }

    fn message(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let (number, length) = (self.number, body.len());
        let [high, low] = [number / 256, number % 256];
        format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: 198.18.{high}.{low}\r\n{headers}\
             content-length: {length}\r\n\r\n{body}"
        )
    }
}

/// The text of this name in a JSON object, or nothing. The tokens of the example contain nothing that JSON escapes.
fn text(json: &str, name: &str) -> String {
    let after = json.split_once(&format!("\"{name}\":\"")).map(|(_, after)| after);
    after.and_then(|after| after.split('"').next()).unwrap_or_default().to_owned()
}
