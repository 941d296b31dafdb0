-- Everything about one subject, or about one authorization code or client assertion, is one row. jwt-auth alone understands the
-- summary and the body.
CREATE TABLE jwt_auth_migrations (version BIGINT PRIMARY KEY);
-- A refresh rewrites a row and changes no indexed column, so there is room for the new row beside the old one.
CREATE TABLE jwt_auth_documents (
    key BYTEA PRIMARY KEY,
    version BYTEA NOT NULL,
    summary BYTEA NOT NULL,
    body BYTEA NOT NULL,
    keep_until BIGINT NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX jwt_auth_documents_keep_until ON jwt_auth_documents (keep_until);
INSERT INTO jwt_auth_migrations (version) VALUES (1);
