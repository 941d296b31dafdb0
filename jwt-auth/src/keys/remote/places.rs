//! One attempt to fetch a key set: from its place, or from the next one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderValue};
use tokio::time::Instant;

use crate::catch_panic::{Panicked, catch_panic_async};
use crate::keys::published::{Published, Reading};
use crate::keys::remote::discovery::{NamedIssuer, configuration_url, jwks_uri, reached_at};
use crate::keys::remote::fetch::{Fetch, with_causes};
use crate::keys::remote::url::PlainHttp;
use crate::observer::Observed;

/// Keys are refreshed after at most a day, even if `Cache-Control` allows a longer time.
const LONGEST_MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// Where a JWK Set is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Url(String),
    /// At the URL that the issuer's configuration names. The configuration is below the issuer, or below this URL.
    Discovery(Option<String>),
}

impl Place {
    /// The URL that is asked first.
    pub(crate) fn start(&self, issuer: &str) -> String {
        match self {
            Self::Url(url) => url.clone(),
            Self::Discovery(base) => configuration_url(base.as_deref().unwrap_or(issuer)),
        }
    }
}

/// The settings.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The later places are for attempts in which the earlier ones fail.
    pub(crate) places: Vec<Place>,
    pub(crate) reading: Reading,
    pub(crate) named: NamedIssuer,
    pub(crate) plain_http: PlainHttp,
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) max_bytes: usize,
    pub(crate) cooldown: Duration,
    pub(crate) timeout: Duration,
    pub(crate) wait: Duration,
    pub(crate) max_age: Duration,
    pub(crate) observed: Observed,
}

/// An issuer whose keys are fetched.
pub(crate) struct Remote {
    pub(crate) issuer: String,
    pub(crate) settings: Settings,
    pub(crate) client: Arc<dyn Fetch>,
}

/// A set, and the time until the next refresh.
pub(crate) struct Fetched {
    pub(crate) set: Published,
    pub(crate) max_age: Duration,
}

struct Document {
    max_age: Option<Duration>,
    body: Vec<u8>,
}

impl Remote {
    /// Fetches the keys from the first place that has some. Takes at most the timeout, of which each place gets an equal part
    /// of what is left.
    pub(crate) async fn fetch(&self) -> Result<Fetched, String> {
        let began = Instant::now();
        let places = &self.settings.places;
        let mut errors = Vec::new();
        for (before, place) in places.iter().enumerate() {
            let left = u32::try_from(places.len().saturating_sub(before)).unwrap_or(u32::MAX);
            let rest = self.settings.timeout.saturating_sub(began.elapsed());
            match tokio::time::timeout(rest.checked_div(left).unwrap_or(rest), self.fetch_from(place)).await {
                Ok(Ok(fetched)) => return Ok(fetched),
                Ok(Err(error)) => errors.push(error),
                Err(_) => errors.push(format!(
                    "`{}`: no answer within the timeout ({:?} for each attempt)",
                    place.start(&self.issuer),
                    self.settings.timeout
                )),
            }
        }
        Err(errors.join("; "))
    }

    async fn fetch_from(&self, place: &Place) -> Result<Fetched, String> {
        let start = place.start(&self.issuer);
        let url = match place {
            Place::Url(_) => start,
            Place::Discovery(base) => {
                let configuration = self.get(&start).await?;
                let url = jwks_uri(&configuration.body, &self.issuer, &self.settings.named)
                    .map_err(|error| format!("`{start}`: {error}"))?;
                match base {
                    Some(base) => reached_at(base, &self.issuer, url),
                    None => url,
                }
            }
        };
        let Document { max_age, body } = self.get(&url).await?;
        let set = Published::read(&body, &self.settings.reading).map_err(|error| format!("`{url}`: {error}"))?;
        let max_age = max_age.unwrap_or(self.settings.max_age);
        Ok(Fetched { set, max_age: max_age.min(LONGEST_MAX_AGE).max(self.settings.cooldown) })
    }

    /// Gets a document. An error names the URL.
    async fn get(&self, url: &str) -> Result<Document, String> {
        self.settings.plain_http.check(url)?;
        let response = self.send(url).await.map_err(|error| format!("`{url}`: {error}"))?;
        let max_bytes = self.settings.max_bytes;
        let status = response.status();
        if status != http::StatusCode::OK {
            let redirect = if status.is_redirection() { " (redirects are not followed)" } else { "" };
            return Err(format!("`{url}`: the status is {}{redirect}", status.as_u16()));
        }
        if response.body().len() > max_bytes {
            return Err(format!("`{url}`: the body is longer than `max_bytes`, {max_bytes} bytes"));
        }
        let cache_control = response.headers().get(CACHE_CONTROL).and_then(|value| value.to_str().ok());
        let max_age = cache_control.and_then(max_age);
        Ok(Document { max_age, body: response.into_body() })
    }

    async fn send(&self, url: &str) -> Result<http::Response<Vec<u8>>, String> {
        let mut request = http::Request::get(url).body(Vec::new()).map_err(|error| error.to_string())?;
        if let Some(credential) = self.credential().await? {
            request.headers_mut().insert(AUTHORIZATION, credential);
        }
        let max_bytes = self.settings.max_bytes;
        match catch_panic_async(async { self.client.send(request, max_bytes).await }).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(with_causes(&*error)),
            Err(Panicked) => Err("the HTTP client panicked".into()),
        }
    }

    /// The token in the file of `bearer_token_file`. It is read each time, because it is replaced before it expires.
    async fn credential(&self) -> Result<Option<HeaderValue>, String> {
        let Some(path) = self.settings.token_file.clone() else { return Ok(None) };
        let shown = path.display().to_string();
        let text = match tokio::task::spawn_blocking(move || std::fs::read_to_string(path)).await {
            Ok(Ok(text)) => text,
            Ok(Err(error)) => return Err(format!("the file `{shown}` of `bearer_token_file` cannot be read: {error}")),
            Err(error) => return Err(format!("the file `{shown}` of `bearer_token_file` was not read: {error}")),
        };
        let wrong = || format!("the file `{shown}` of `bearer_token_file` does not hold one token");
        let token = text.trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(wrong());
        }
        let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| wrong())?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

/// The `max-age` of a `Cache-Control` header (RFC 9111 section 5.2.2.1). It is zero for `no-store` and `no-cache`, so
/// that the keys are refreshed as often as the cooldown allows.
fn max_age(cache_control: &str) -> Option<Duration> {
    let directives = cache_control.split(',').map(|directive| directive.trim().to_ascii_lowercase());
    let mut found = None;
    for directive in directives {
        if directive == "no-store" || directive == "no-cache" {
            return Some(Duration::ZERO);
        }
        if let Some(seconds) = directive.strip_prefix("max-age=") {
            found = seconds.trim_matches('"').parse().ok().map(Duration::from_secs);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    // KEY-10
    #[test]
    fn max_age_is_read_from_cache_control() {
        let seconds = |text: &str| max_age(text).map(|age| age.as_secs());
        assert_eq!(seconds("public, max-age=300"), Some(300));
        assert_eq!(seconds("Max-Age=\"60\", must-revalidate"), Some(60));
        assert_eq!(seconds("max-age=300, no-cache"), Some(0));
        assert_eq!(
            (seconds("no-store"), seconds("public"), seconds(""), seconds("max-age=x")),
            (Some(0), None, None, None)
        );
    }
}
