-- Paper structure and answer key of a school's papers. A change is a new version; versions never change, so whatever
-- was read of one may be kept for ever. The key of a POST is kept with what it made.
CREATE TABLE templates (
    tenant text NOT NULL REFERENCES tenants (name),
    id text NOT NULL,
    name text NOT NULL,
    subject text NOT NULL,
    grade smallint,
    version integer NOT NULL DEFAULT 1,
    items integer NOT NULL,
    idempotency_key text,
    fingerprint bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant, id)
);
COMMENT ON COLUMN templates.version IS 'the newest; subject, grade and items are of it, for lists';
COMMENT ON COLUMN templates.fingerprint IS 'SHA-256 of the document it was made with: what its idempotency_key belongs to';
CREATE UNIQUE INDEX templates_by_name ON templates (tenant, lower(name));
CREATE UNIQUE INDEX templates_by_key ON templates (tenant, idempotency_key);
CREATE INDEX templates_by_age ON templates (tenant, created_at DESC, id DESC);

CREATE TABLE template_versions (
    tenant text NOT NULL,
    template_id text NOT NULL,
    version integer NOT NULL,
    document text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant, template_id, version),
    FOREIGN KEY (tenant, template_id) REFERENCES templates (tenant, id) ON DELETE CASCADE
);
COMMENT ON COLUMN template_versions.document IS 'JSON, as text: read and written as a whole';

-- What a school has settled for a subject; a subject without a row has the defaults. Versions as above.
CREATE TABLE subject_rules (
    tenant text NOT NULL REFERENCES tenants (name),
    subject text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    document text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant, subject)
);

-- Not a foreign key: an exam outlives its template, whose key it has copied.
ALTER TABLE exams ADD COLUMN template_id text, ADD COLUMN template_version integer;
CREATE INDEX exams_by_template ON exams (tenant, template_id, created_at DESC, exam_id DESC)
    WHERE template_id IS NOT NULL;
