-- Wrong passwords, in a fixed number of counters for each service. The secret decides which name and which address a counter
-- belongs to; it is made when it is first needed.
CREATE TABLE jwt_auth_throttle (
    service TEXT NOT NULL,
    cell BIGINT NOT NULL,
    period BIGINT NOT NULL,
    previous BIGINT NOT NULL,
    latest BIGINT NOT NULL,
    keep_until BIGINT NOT NULL,
    PRIMARY KEY (service, cell)
) WITH (fillfactor = 80);
CREATE INDEX jwt_auth_throttle_keep_until ON jwt_auth_throttle (keep_until);
CREATE TABLE jwt_auth_throttle_secrets (service TEXT PRIMARY KEY, secret BYTEA NOT NULL);
INSERT INTO jwt_auth_migrations (version) VALUES (2);
