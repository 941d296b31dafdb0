//! Tests of authorization codes and client assertions, which may be used only once, and of many effects at the same time.

use std::sync::Arc;

use crate::records::begin::Begun;
use crate::records::names::SessionId;
use crate::records::refresh_token::RefreshToken;
use crate::records::single_use::CodeUse;
use crate::records::single_use::Redeemed;
use crate::records::summary::Standing;
use crate::store::document::Key;
use crate::testing::conformance::handles::{Handles, ok, random};
use crate::testing::conformance::service::Service;

// COD-03
pub async fn a_code_that_is_redeemed_twice_leaves_no_session(handles: Handles) {
    let service = Service::new(handles);
    for began_before in [true, false] {
        let key = ok(Key::code("https://issuer.test", &format!("{:?}", random::<16>())));
        let unknown = Redeemed { tag: service.tag(), session: ok(SessionId::of_claim("s")), access_until: 0 };
        assert_eq!(ok(service.here.redeem(key, unknown, service.now).await), CodeUse::Unknown);
        ok(service.here.keep_code(key, b"client".to_vec(), service.now + 60).await);
        let kept = ok(service.there.find_code(key).await);
        assert_eq!(kept.map(|code| (code.payload, code.redeemed)), Some((b"client".to_vec(), None)));
        let [first, second] = [(); 2].map(|()| ok(RefreshToken::random(service.tag())));
        let redeemed = |token: &RefreshToken| Redeemed {
            tag: service.tag(),
            session: ok(token.session()),
            access_until: service.now + 600,
        };
        assert_eq!(ok(service.here.redeem(key, redeemed(&first), service.now).await), CodeUse::First);
        let begin = async || ok(service.here.begin(&service.account, &first, service.new_session(), service.now).await);
        if began_before {
            assert_eq!(begin().await, Begun::Begun);
            assert_eq!(service.standing(&first).await, Standing::Accepted);
        }
        let again = ok(service.there.redeem(key, redeemed(&second), service.now).await);
        assert_eq!(again, CodeUse::Again(ok(first.session())));
        assert_eq!(begin().await, Begun::Blocked);
        assert_eq!(service.standing(&first).await, Standing::SessionEnded);
    }
}

// COD-09
pub async fn an_assertion_is_used_once(handles: Handles) {
    let service = Arc::new(Service::new(handles));
    for _ in 0..4 {
        let jwt_id = format!("{:?}", random::<16>());
        let key = ok(Key::assertion("https://issuer.test", "client", &jwt_id));
        let all: Vec<_> = (0..16)
            .map(|n| {
                let service = Arc::clone(&service);
                tokio::spawn(async move {
                    let instance = if n % 2 == 0 { &service.here } else { &service.there };
                    ok(instance.is_first_use(key, service.now + 300).await)
                })
            })
            .collect();
        let mut first = 0;
        for one in all {
            first += usize::from(ok(one.await));
        }
        assert_eq!(first, 1);
    }
}

/// 64 simultaneous requests for one account all get an answer.
pub async fn many_concurrent_effects_all_finish(handles: Handles) {
    let service = Arc::new(Service::new(handles));
    let began = std::time::Instant::now();
    let all: Vec<_> = (0..64)
        .map(|n| {
            let service = Arc::clone(&service);
            tokio::spawn(async move {
                let token = ok(RefreshToken::random(service.tag()));
                let instance = if n % 2 == 0 { &service.here } else { &service.there };
                ok(instance.begin(&service.account, &token, service.new_session(), service.now).await)
            })
        })
        .collect();
    for one in all {
        assert_eq!(ok(one.await), Begun::Begun);
    }
    println!("64 sign-ins of one account at once took {:?}", began.elapsed());
    assert_eq!(ok(service.there.list(service.tag(), service.now).await).len(), 64);
}
