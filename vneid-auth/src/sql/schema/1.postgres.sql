CREATE TABLE vneid_auth_accounts (
    id      TEXT   NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    key_id  TEXT   NOT NULL,
    record  BYTEA  NOT NULL
);

-- A number, subject, tax code or user name is on one account: the primary key is what keeps it so.
CREATE TABLE vneid_auth_identifiers (
    kind    TEXT  NOT NULL,
    hash    BYTEA NOT NULL,
    key_id  TEXT  NOT NULL,
    account TEXT  NOT NULL REFERENCES vneid_auth_accounts (id) ON DELETE CASCADE,
    PRIMARY KEY (kind, hash)
);
CREATE INDEX vneid_auth_identifiers_of_account ON vneid_auth_identifiers (account);

CREATE TABLE vneid_auth_keys (
    key_id TEXT NOT NULL PRIMARY KEY
);

CREATE TABLE vneid_auth_audit (
    id          TEXT   NOT NULL PRIMARY KEY,
    happened_at BIGINT NOT NULL,
    what        TEXT   NOT NULL,
    reason      TEXT,
    provider    TEXT,
    account     TEXT,
    address     TEXT,
    user_agent  TEXT,
    trace_id    TEXT   NOT NULL,
    lookup      TEXT
);
CREATE INDEX vneid_auth_audit_by_time ON vneid_auth_audit (happened_at);
CREATE INDEX vneid_auth_audit_of_account ON vneid_auth_audit (account, happened_at);

CREATE FUNCTION vneid_auth_audit_stays() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit trail is not changed'; END $$;
CREATE TRIGGER vneid_auth_audit_stays BEFORE UPDATE ON vneid_auth_audit
    FOR EACH ROW EXECUTE FUNCTION vneid_auth_audit_stays();
