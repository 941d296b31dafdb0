//! Claims of every kind, renamed and not.

use std::collections::BTreeMap;

use jwt_auth::{JwtUser, user::StatelessUser};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
enum Plan {
    Free,
    Paid { seats: u32 },
}

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(claim)]
    plan: Plan,
    #[jwt_user(id)]
    id: u64,
    #[jwt_user(claim = "https://example.com/groups")]
    groups: Vec<String>,
    #[jwt_user(claim)]
    limits: BTreeMap<String, Option<f64>>,
    #[jwt_user(claim = "user_exp")]
    exp: (u8, bool),
}

fn is_stateless<T: StatelessUser>() {}

#[test]
fn compiles_and_runs() {
    is_stateless::<User>();
    let user = User { plan: Plan::Paid { seats: 1 }, id: 1, groups: vec![], limits: BTreeMap::new(), exp: (0, true) };
    let _ = (matches!(user.plan, Plan::Free), user.id, user.groups, user.limits, user.exp);
}
