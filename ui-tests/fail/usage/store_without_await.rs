use jwt_auth::{JwtUser, MemoryStore, auth_backend};

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[auth_backend(kind = "bearer", user = User)]
struct Auth;

async fn connect() -> MemoryStore {
    MemoryStore::new()
}

fn main() {
    let _ = Auth.backend().store(connect());
}
