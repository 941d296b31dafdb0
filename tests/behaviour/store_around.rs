//! Stores that do something else than the one that they are around, and leave it the rest.

/// What a [`Store`](jwt_auth::Store) around another, its field `store`, does with refresh tokens: the same.
macro_rules! refresh_by_its_store {
    () => {
        fn begin<'s>(
            &'s self,
            refresh: jwt_auth::Refresh,
            replaced: &'s [jwt_auth::Revocation<'s>],
            now: u64,
        ) -> jwt_auth::StoreFuture<'s, ()> {
            self.store.begin(refresh, replaced, now)
        }

        fn consume<'s>(
            &'s self,
            presented: jwt_auth::RefreshHash,
            successor: jwt_auth::Successor,
            now: u64,
        ) -> jwt_auth::StoreFuture<'s, jwt_auth::Consumed> {
            self.store.consume(presented, successor, now)
        }

        fn find<'s>(
            &'s self,
            presented: jwt_auth::RefreshHash,
            now: u64,
        ) -> jwt_auth::StoreFuture<'s, Option<jwt_auth::Refresh>> {
            self.store.find(presented, now)
        }
    };
}
pub(crate) use refresh_by_its_store;
