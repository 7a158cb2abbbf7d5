CREATE TABLE vneid_auth_accounts (
    id      TEXT    NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    key_id  TEXT    NOT NULL,
    record  BLOB    NOT NULL
) STRICT;

-- A number, subject, tax code or user name is on one account: the primary key is what keeps it so.
CREATE TABLE vneid_auth_identifiers (
    kind    TEXT NOT NULL,
    hash    BLOB NOT NULL,
    key_id  TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES vneid_auth_accounts (id) ON DELETE CASCADE,
    PRIMARY KEY (kind, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX vneid_auth_identifiers_of_account ON vneid_auth_identifiers (account);

CREATE TABLE vneid_auth_keys (
    key_id TEXT NOT NULL PRIMARY KEY
) STRICT;

CREATE TABLE vneid_auth_audit (
    id          TEXT    NOT NULL PRIMARY KEY,
    happened_at INTEGER NOT NULL,
    what        TEXT    NOT NULL,
    reason      TEXT,
    provider    TEXT,
    account     TEXT,
    address     TEXT,
    user_agent  TEXT,
    trace_id    TEXT    NOT NULL,
    lookup      TEXT
) STRICT;
CREATE INDEX vneid_auth_audit_by_time ON vneid_auth_audit (happened_at);
CREATE INDEX vneid_auth_audit_of_account ON vneid_auth_audit (account, happened_at);

CREATE TRIGGER vneid_auth_audit_stays BEFORE UPDATE ON vneid_auth_audit
    BEGIN SELECT RAISE(ABORT, 'the audit trail is not changed'); END;
