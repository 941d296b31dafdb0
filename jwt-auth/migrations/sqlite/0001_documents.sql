-- Everything about one subject, or about one authorization code or client assertion, is one row. jwt-auth alone understands the
-- summary and the body.
CREATE TABLE jwt_auth_migrations (version BIGINT PRIMARY KEY);
CREATE TABLE jwt_auth_documents (
    key BLOB PRIMARY KEY,
    version BLOB NOT NULL,
    summary BLOB NOT NULL,
    body BLOB NOT NULL,
    keep_until BIGINT NOT NULL
);
CREATE INDEX jwt_auth_documents_keep_until ON jwt_auth_documents (keep_until);
INSERT INTO jwt_auth_migrations (version) VALUES (1);
