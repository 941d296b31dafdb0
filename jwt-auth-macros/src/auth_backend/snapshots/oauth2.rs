struct Auth {
    db: SqlitePool,
}
impl ::jwt_auth::__private::Sealed for Auth {}
impl ::jwt_auth::AuthBackend for Auth {
    type User = User;
    const SPEC: ::jwt_auth::Spec = ::jwt_auth::Spec::oauth2("Auth", "/login")
        .looks_up()
        .scopes(const {
            &[
                ::jwt_auth::__private::ScopeSpec::of::<auth::Read>("Read orders"),
                ::jwt_auth::__private::ScopeSpec::of::<auth::Write>("Change orders")
                    .implying(&["read"]),
            ]
        })
        .exclude(&["/schema", "/docs/{*rest}", "GET /products/{id}"]);
    fn retrieve_user<'__a>(
        &'__a self,
        __token: &'__a ::jwt_auth::Token,
        __request: &'__a ::jwt_auth::Parts,
    ) -> impl ::jwt_auth::user::Answer<::core::option::Option<User>> {
        ::jwt_auth::__private::find::<Self, _, _>(find_user, self, __token, __request)
    }
}
impl Auth {
    ///The settings of one deployment of this backend.
    fn backend(self) -> ::jwt_auth::Builder<Self> {
        ::jwt_auth::Builder::new(self)
    }
}
///The scopes of `Auth`.
mod auth {
    ///Read orders
    pub enum Read {}
    impl ::jwt_auth::guard::Scope for Read {
        const NAME: &'static ::core::primitive::str = "read";
    }
    ///Change orders
    pub enum Write {}
    impl ::jwt_auth::guard::Scope for Write {
        const NAME: &'static ::core::primitive::str = "write";
    }
}
