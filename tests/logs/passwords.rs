//! What a throttle logs.

use std::net::{IpAddr, Ipv4Addr};

use jwt_auth::passwords::{Attempt, MemoryThrottle, Throttle, ThrottleLimits};

use crate::logged;

// THR-01, REL-06
#[test]
fn a_refused_attempt_logs_the_limit_and_not_the_name() {
    let address = |last| Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)));
    let limits =
        |name, address, both| ThrottleLimits::new().per_name(name).per_address(address).per_name_and_address(both);
    let cases = [
        (
            limits(2, 100, 100),
            [address(1), address(2), address(3)],
            "too many wrong passwords for one user name limit=\"per_name\"",
        ),
        (limits(9, 2, 9), [address(1); 3], "too many wrong passwords from one address limit=\"per_address\""),
        (
            limits(9, 9, 2),
            [address(1); 3],
            "too many wrong passwords for one user name from one address limit=\"per_name_and_address\"",
        ),
    ];
    for (limits, addresses, expected) in cases {
        let throttle = MemoryThrottle::new(limits);
        let text = logged(|| async {
            for address in addresses {
                throttle.begin(Attempt { name: "alice", address }, 1_800_000_000).await.unwrap();
            }
        });
        assert_eq!(text.matches("WARN").count(), 1, "{text}");
        assert!(text.contains(expected) && !text.contains("alice") && !text.contains("192"), "{text}");
    }
}
