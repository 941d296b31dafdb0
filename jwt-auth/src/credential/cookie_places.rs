//! The paths and domains under which a browser may hold a cookie that it has sent.

use jwt_auth_grammar::cookie::{check_domain, check_path};

/// The most headers that remove one cookie. Proxies limit the headers of an answer, often to 4 KiB.
const MAX: usize = 16;
/// The most paths and domains that are taken from a request.
const MAX_PATHS: usize = 8;
const MAX_DOMAINS: usize = 4;

/// The paths and domains that a cookie of a request may have. A browser sends a cookie to the paths below its path, and to the
/// subdomains of its domain (RFC 6265bis section 5.1).
#[derive(Clone, Debug, Default)]
pub(crate) struct CookiePlaces {
    paths: Vec<String>,
    domains: Vec<String>,
}

impl CookiePlaces {
    /// The places of a request to this host and path, as the browser sees them. The host may be forged or rewritten by a proxy; the
    /// browser ignores the removal of a cookie of another host.
    pub(crate) fn of(host: &str, path: &str) -> Self {
        let host = host.rsplit_once(':').map_or(host, |(host, _port)| host).trim_end_matches('.').to_ascii_lowercase();
        let parents = std::iter::successors(Some(host.as_str()), |host| Some(host.split_once('.')?.1));
        let domains = parents.take_while(|domain| check_domain(domain).is_ok()).take(MAX_DOMAINS).map(str::to_owned);
        let ends = path.match_indices('/').skip(1).map(|(at, _)| at).chain([path.len()]);
        let folders = ends.filter_map(|end| path.get(..end)).filter(|folder| folder.len() > 1);
        let paths = std::iter::once("/").chain(folders).filter(|path| check_path(path).is_ok());
        Self { paths: paths.take(MAX_PATHS).map(str::to_owned).collect(), domains: domains.collect() }
    }

    /// The places besides the given one, the likelier ones first.
    pub(crate) fn around<'p>(
        &'p self,
        path: &'p str,
        domain: Option<&'p str>,
    ) -> impl Iterator<Item = (&'p str, Option<&'p str>)> {
        let mut paths = vec![path];
        paths.extend(self.paths.iter().map(String::as_str).filter(|other| *other != path));
        let mut domains = vec![domain];
        let others = std::iter::once(None).chain(self.domains.iter().map(|other| Some(other.as_str())));
        domains.extend(others.filter(|other| *other != domain));
        let mut all: Vec<_> = domains
            .iter()
            .enumerate()
            .flat_map(|(rank, domain)| {
                paths.iter().enumerate().map(move |(at, path)| (rank.saturating_add(at), (*path, *domain)))
            })
            .collect();
        all.sort_by_key(|(rank, _)| *rank);
        all.into_iter().map(|(_, place)| place).skip(1).take(MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(host: &str, path: &str) -> CookiePlaces {
        CookiePlaces::of(host, path)
    }

    // B7
    #[test]
    fn the_places_are_those_of_the_request() {
        let found = places("a.b.example.com:3000", "/x/y/z");
        assert_eq!(found.domains, ["a.b.example.com", "b.example.com", "example.com"]);
        assert_eq!(found.paths, ["/", "/x", "/x/y", "/x/y/z"]);
        assert_eq!(places("localhost:3000", "/").paths, ["/"]);
        for host in ["localhost", "127.0.0.1:80", "[::1]:80", "a;b.example.com", ""] {
            assert!(places(host, "/").domains.is_empty(), "{host}");
        }
        let deep = places("a.a.a.a.a.a.example.com", &"/a".repeat(100));
        assert_eq!((deep.domains.len(), deep.paths.len()), (4, 8));
        assert_eq!(deep.around("/app", None).count(), 16);
    }

    #[test]
    fn a_place_is_named_once_and_never_the_given_one() {
        let found = places("www.example.com", "/app/x");
        let mut around: Vec<_> = found.around("/app", Some("example.com")).collect();
        assert!(!around.contains(&("/app", Some("example.com"))) && around.contains(&("/", None)), "{around:?}");
        let all = around.len();
        around.sort_unstable();
        around.dedup();
        assert_eq!(around.len(), all);
    }
}
