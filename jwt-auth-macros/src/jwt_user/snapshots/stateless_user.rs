#[automatically_derived]
impl ::jwt_auth::JwtUser for User {
    type Id = Uuid;
    fn id(&self) -> &Uuid {
        &self.id
    }
    fn write_claims(&self, __claims: &mut ::jwt_auth::user::ClaimWriter<'_>) {
        <Plan as ::jwt_auth::user::ClaimValue>::write_claim(&self.plan, "p", __claims);
    }
}
#[automatically_derived]
impl ::jwt_auth::user::StatelessUser for User {
    fn from_token(
        __token: &::jwt_auth::Token,
    ) -> ::core::result::Result<Self, ::jwt_auth::ClaimError> {
        ::core::result::Result::Ok(Self {
            id: ::jwt_auth::__private::id::<Self>(__token)?,
            plan: <Plan as ::jwt_auth::user::ClaimValue>::read_claim(__token, "p")?,
        })
    }
}
#[automatically_derived]
impl<
    __S: ::core::marker::Send + ::core::marker::Sync,
> ::jwt_auth::__private::FromRequestParts<__S> for User {
    type Rejection = ::jwt_auth::Rejection;
    async fn from_request_parts(
        __parts: &mut ::jwt_auth::__private::Parts,
        _: &__S,
    ) -> ::core::result::Result<Self, Self::Rejection> {
        ::jwt_auth::__private::user(__parts).await
    }
}
#[automatically_derived]
impl<
    __S: ::core::marker::Send + ::core::marker::Sync,
> ::jwt_auth::__private::OptionalFromRequestParts<__S> for User {
    type Rejection = ::jwt_auth::Rejection;
    async fn from_request_parts(
        __parts: &mut ::jwt_auth::__private::Parts,
        _: &__S,
    ) -> ::core::result::Result<::core::option::Option<Self>, Self::Rejection> {
        ::jwt_auth::__private::optional_user(__parts).await
    }
}
