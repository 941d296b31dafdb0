//! The derive beside serde, utoipa and attributes of the user's own.

use jwt_auth::JwtUser;

#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema, JwtUser)]
#[serde(rename_all = "camelCase")]
#[schema(title = "A user")]
pub struct User {
    /// The number.
    #[serde(rename = "number")]
    #[jwt_user(id)]
    pub id: u64,
    #[jwt_user(claim)]
    #[serde(default)]
    pub full_name: String,
}

#[test]
fn compiles_and_runs() {
    let user = User { id: 1, full_name: String::new() };
    assert_eq!(user.id().to_string(), "1");
}
