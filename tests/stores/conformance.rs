//! The conformance tests, for every store on its real server.

use crate::handles;

mod in_memory {
    jwt_auth::testing::store_conformance!(super::handles::in_memory());
}

mod on_sqlite {
    jwt_auth::testing::store_conformance!(super::handles::on_sqlite());
}

mod on_postgres {
    jwt_auth::testing::store_conformance!(super::handles::on_postgres());
}

mod on_redis {
    jwt_auth::testing::store_conformance!(super::handles::on_redis());
}

mod on_a_cluster {
    jwt_auth::testing::store_conformance!(super::handles::on_a_cluster());
}
