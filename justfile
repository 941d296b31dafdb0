# `just check` before each commit, `just test` before a push. Without `just`, run the commands below by hand.

# Format, lints, unit tests and behaviour tests. Under a minute after a small change, once everything is built.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-features --lib --test behaviour -- -D warnings
    JWT_AUTH_TRIPLES=25000 cargo test --workspace --all-features --lib --test behaviour -- --skip records::model --skip log_of_all_tests

# Everything: what the README says. Tests of servers are skipped unless JWT_AUTH_REDIS and JWT_AUTH_POSTGRES name them.
test:
    cargo test --workspace --all-features

# What the compiler tells a user. With `overwrite`, the expected messages are written anew: read them in the diff.
messages mode="wip":
    TRYBUILD={{mode}} cargo test -p jwt-auth-ui-tests --all-features

# The session protocol as a model, within its full bounds: about as many minutes as there are scenarios.
model:
    JWT_AUTH_MODEL=full cargo test -p jwt-auth --features testing --lib --config profile.dev.package.jwt-auth.opt-level=3 records::model -- --nocapture

# The guard against a reference guard that shares no code with it: about five minutes.
differential:
    JWT_AUTH_TRIPLES=10000000 cargo test --release -p jwt-auth --features openapi differential
