use jwt_auth::Token;

fn forge() -> Token {
    Token { claims: Default::default() }
}

fn main() {}
