//! The macros that are compared, each on the smallest useful item.

use super::package::Package;

/// A macro and the item that it is used on. `@` stands for a number.
#[derive(Debug)]
pub(crate) struct Use {
    pub(crate) name: &'static str,
    /// The code that all uses share.
    before: &'static str,
    with: &'static str,
    /// The item without the macro.
    bare: &'static str,
}

/// The number of our macros, which come first.
pub(crate) const OURS: usize = 2;

pub(crate) const USES: [Use; 5] = [
    Use {
        name: "`#[derive(JwtUser)]`",
        before: "",
        with: "#[derive(jwt_auth::JwtUser)]
pub struct User@ { #[jwt_user(id)] pub id: u64, #[jwt_user(claim)] pub name: String, #[jwt_user(claim)] pub admin: bool }
impl Clone for User@ { fn clone(&self) -> Self { Self { id: self.id, name: self.name.clone(), admin: self.admin } } }
",
        bare: "pub struct User@ { pub id: u64, pub name: String, pub admin: bool }
impl Clone for User@ { fn clone(&self) -> Self { Self { id: self.id, name: self.name.clone(), admin: self.admin } } }
",
    },
    Use {
        name: "`#[auth_backend]`",
        before: "#[derive(jwt_auth::JwtUser)]
pub struct User { #[jwt_user(id)] pub id: u64 }
impl Clone for User { fn clone(&self) -> Self { Self { id: self.id } } }
",
        with: r#"#[jwt_auth::auth_backend(kind = "oauth2", token_url = "/login", user = User,
    exclude = ["/schema", "/docs/{*rest}", "GET /products/{id}"], scopes(read = "Read orders", write = "Change orders"))]
pub struct Auth@;
"#,
        bare: "pub struct Auth@;\n",
    },
    Use {
        name: "`#[derive(thiserror::Error)]`",
        before: "",
        with: r#"#[derive(thiserror::Error)]
pub enum Error@ {
    #[error("no such user")] Unknown,
    #[error("the order {id} is {state}")] Closed { id: u64, state: String },
    #[error("the disk failed")] Disk(#[from] std::io::Error),
}
impl std::fmt::Debug for Error@ { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("") } }
"#,
        bare: r#"pub enum Error@ { Unknown, Closed { id: u64, state: String }, Disk(std::io::Error) }
impl std::fmt::Debug for Error@ { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("") } }
"#,
    },
    Use {
        name: "`#[derive(utoipa::ToSchema)]`",
        before: "",
        with: "#[derive(utoipa::ToSchema)]\npub struct Schema@ { pub id: u64, pub name: String, pub admin: bool }\n",
        bare: "pub struct Schema@ { pub id: u64, pub name: String, pub admin: bool }\n",
    },
    Use {
        name: "`#[derive(axum::extract::FromRef)]`",
        before: "",
        with: "#[derive(axum::extract::FromRef)]\npub struct State@ { pub id: u64, pub name: String, pub admin: bool }\n",
        bare: "pub struct State@ { pub id: u64, pub name: String, pub admin: bool }\n",
    },
];

impl Use {
    pub(crate) fn with(&self, count: usize) -> String {
        self.before.to_owned() + &repeated(self.with, count)
    }

    pub(crate) fn bare(&self, count: usize) -> String {
        self.before.to_owned() + &repeated(self.bare, count)
    }
}

fn repeated(item: &str, count: usize) -> String {
    (0..count).map(|n| item.replace('@', &n.to_string())).collect()
}

/// A package with all of these macros. Each case is a separate program.
pub(crate) fn package(name: &str) -> Package {
    let dependencies = "axum = { version = \"0.8\", features = [\"macros\"] }\n\
                        jwt-auth = { path = \"WORKSPACE/jwt-auth\" }\nthiserror = \"2\"\nutoipa = \"6\"\n";
    Package::new(name, dependencies, "fn main() {}\n")
}
