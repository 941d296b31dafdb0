//! Every form of user.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use jwt_auth::{JwtUser, user::StatelessUser};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
enum Plan {
    Free,
}

#[derive(Clone, JwtUser)]
#[jwt_user(crate = ::jwt_auth)]
struct Stateless {
    #[jwt_user(id)]
    id: String,
    #[jwt_user(claim)]
    plan: Plan,
    #[jwt_user(claim = "plan")]
    #[cfg(any())]
    other: Plan,
    #[jwt_user(claim = "user_scope")]
    scope: Vec<String>,
    #[jwt_user(claim = "user_ends")]
    ends: Option<u64>,
    #[jwt_user(claim = "r")]
    r#type: u8,
}

#[derive(Clone, JwtUser)]
struct Generic<I, T>
where
    I: std::fmt::Display + std::str::FromStr,
{
    #[jwt_user(id)]
    id: I,
    #[jwt_user(claim)]
    value: T,
}

#[derive(Clone, JwtUser)]
struct Stateful {
    #[jwt_user(id)]
    id: u128,
    #[allow(dead_code)]
    connection: std::sync::Arc<std::sync::Mutex<()>>,
}

fn is_extractor<T: FromRequestParts<()> + OptionalFromRequestParts<()>>() {}
fn is_stateless<T: StatelessUser>() {}

#[test]
fn compiles_and_runs() {
    is_extractor::<Stateless>();
    is_extractor::<Generic<u64, String>>();
    is_extractor::<Stateful>();
    is_stateless::<Stateless>();
    is_stateless::<Generic<u64, String>>();
    let user = Stateless { id: "a".into(), plan: Plan::Free, scope: vec![], ends: None, r#type: 0 };
    let generic = Generic { id: 1_u8, value: 2_u8 };
    let _ = (user.id(), user.plan.clone(), &user.scope, user.ends, user.r#type, generic.id(), generic.value);
}
