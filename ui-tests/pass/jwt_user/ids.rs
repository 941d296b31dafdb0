//! Ids of every kind: numbers, text, and a type of the user's own.

use jwt_auth::JwtUser;

#[derive(Clone)]
struct Slug(String);

impl std::fmt::Display for Slug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Slug {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

macro_rules! user {
    ($name:ident, $id:ty) => {
        #[derive(Clone, JwtUser)]
        struct $name {
            #[jwt_user(id)]
            id: $id,
        }
    };
}

user!(A, u64);
user!(B, String);
user!(C, i128);
user!(D, Slug);
user!(E, std::net::IpAddr);
user!(F, char);

#[test]
fn compiles_and_runs() {
    let _ = (A { id: 1 }.id(), B { id: String::new() }.id(), C { id: -1 }.id(), F { id: 'x' }.id());
    let _ = (D { id: Slug("x".into()) }.id(), E { id: [127, 0, 0, 1].into() }.id());
}
