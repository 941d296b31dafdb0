//! Random routers, built with every kind of route that axum has, and random exclude lists.

use axum::Router;
use axum::routing::{MethodRouter, any};

use crate::web::differential::random::Random;

const LITERALS: &[&str] = &["a", "b", "A", "open", "x.y", "~u", "a-b", "1"];
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "CONNECT"];

/// The place of a handler in a router.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A route, with its template including all prefixes.
    Route(String),
    /// Below a `nest_service` with this prefix. The service gets every path.
    Service(String),
    Fallback,
}

/// A router and the places of its handlers. Each handler answers with its number, which is the index of its place.
pub(crate) struct Shape {
    pub(crate) router: Router,
    pub(crate) places: Vec<Place>,
}

/// The response header with the number of the handler that ran.
pub(crate) const RAN: &str = "x-ran";

pub(crate) fn method_router(random: &mut Random, number: usize) -> MethodRouter {
    use axum::routing::{MethodFilter, on};
    let answer = move || async move { [(RAN, number.to_string())] };
    if random.one_in(4) {
        return any(answer);
    }
    let filters =
        [MethodFilter::GET, MethodFilter::POST, MethodFilter::DELETE, MethodFilter::OPTIONS, MethodFilter::PUT];
    let first = random.below(filters.len());
    let mut routes = on(filters[first], answer);
    if random.one_in(2) {
        routes = routes.on(filters[(first + 1) % filters.len()], answer);
    }
    if random.one_in(6) {
        routes = routes.fallback(answer);
    }
    routes
}

/// A random path of a route, or a random prefix, which has no `{*rest}`.
pub(crate) fn template(random: &mut Random, is_prefix: bool) -> String {
    let mut path = String::new();
    let length = 1 + random.below(3);
    for index in 0..length {
        let is_last = index + 1 == length;
        path.push('/');
        match random.below(12) {
            0..=6 => path.push_str(random.pick(LITERALS)),
            7 | 8 => path.push_str(&format!("{{p{index}}}")),
            9 if is_last && !is_prefix => path.push_str("{*rest}"),
            10 if !is_prefix => path.push_str(random.pick(&["{{a}}", "a{q}", "{q}.txt", "b{*r}"])),
            _ if is_last && !is_prefix => {} // a slash at the end
            _ => path.push('a'),
        }
    }
    if random.one_in(12) && !is_prefix { "/".to_owned() } else { path }
}

/// Joins a prefix and a path as axum does.
pub(crate) fn nested(prefix: &str, path: &str) -> String {
    if path == "/" && !prefix.is_empty() { prefix.to_owned() } else { format!("{prefix}{path}") }
}

pub(crate) fn router(random: &mut Random) -> Shape {
    let mut places = Vec::new();
    let (mut router, _) = part(random, "", 0, &mut places);
    if random.one_in(2) {
        let number = places.len();
        places.push(Place::Fallback);
        router = router.fallback(move || async move { [(RAN, number.to_string())] });
    }
    Shape { router, places }
}

/// A random router and its templates, which are needed because axum refuses templates that overlap.
fn part(random: &mut Random, prefix: &str, depth: usize, places: &mut Vec<Place>) -> (Router, Vec<String>) {
    let mut router = Router::new();
    let mut taken = Taken::default();
    for _ in 0..1 + random.below(5) {
        let kind = if depth < 2 { random.below(10) } else { 0 };
        match kind {
            0..=5 => {
                let path = template(random, false);
                if taken.take(std::slice::from_ref(&path)) {
                    let number = places.len();
                    places.push(Place::Route(nested(prefix, &path)));
                    router = if random.one_in(8) {
                        router.route_service(&path, any(move || async move { [(RAN, number.to_string())] }))
                    } else {
                        router.route(&path, method_router(random, number))
                    };
                }
            }
            6 | 7 => {
                let below = template(random, true);
                let before = places.len();
                let (inner, templates) = part(random, &format!("{prefix}{below}"), depth + 1, places);
                let templates: Vec<String> = templates.iter().map(|path| nested(&below, path)).collect();
                if taken.take(&templates) {
                    router = router.nest(&below, inner);
                } else {
                    places.truncate(before);
                }
            }
            8 => {
                let below = template(random, true);
                if taken.take(&[below.clone(), format!("{below}/"), format!("{below}/{{*tail}}")]) {
                    let number = places.len();
                    places.push(Place::Service(format!("{prefix}{below}")));
                    let answer = any(move || async move { [(RAN, number.to_string())] });
                    let service: Router = Router::new().route("/in", answer.clone()).fallback_service(answer);
                    router = router.nest_service(&below, service);
                }
            }
            _ => {
                let path = template(random, false);
                if taken.take(std::slice::from_ref(&path)) {
                    let number = places.len();
                    places.push(Place::Route(nested(prefix, &path)));
                    router = router.merge(Router::new().route(&path, method_router(random, number)));
                }
            }
        }
    }
    (router, taken.templates)
}

/// The templates of a router so far.
#[derive(Default)]
struct Taken {
    templates: Vec<String>,
    matcher: matchit::Router<()>,
}

impl Taken {
    /// Adds all of these templates. If one is in use already, adds none and returns false.
    fn take(&mut self, templates: &[String]) -> bool {
        let mut tried = self.matcher.clone();
        let is_free = templates.iter().all(|template| tried.insert(template.clone(), ()).is_ok());
        if is_free {
            self.matcher = tried;
            self.templates.extend_from_slice(templates);
        }
        is_free
    }
}

/// A random exclude list. Some patterns are made from the router's templates, so that many of them open a route.
pub(crate) fn patterns(random: &mut Random, places: &[Place]) -> Vec<&'static str> {
    let mut list: Vec<String> = Vec::new();
    for _ in 0..random.below(5) {
        let known = (!places.is_empty() && random.one_in(2)).then(|| &places[random.below(places.len())]);
        let path = match known {
            Some(Place::Route(path)) => path.clone(),
            Some(Place::Service(prefix)) => format!("{prefix}/{{*rest}}"),
            _ => template(random, false),
        };
        let beside = |segment: &str| segment.contains("{{") || (segment.contains('{') && !is_parameter(segment));
        let path = if path.split('/').any(beside) { "/a".to_owned() } else { path };
        if path == "/{*rest}" {
            continue;
        }
        let methods = match random.below(4) {
            0 => format!("{} ", random.pick(METHODS)),
            1 => "GET|POST ".to_owned(),
            _ => String::new(),
        };
        list.push(format!("{methods}{path}"));
    }
    list.into_iter().map(|text| &*text.leak()).collect()
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{') && segment.ends_with('}')
}
