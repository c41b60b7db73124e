-- A tenant's item bank. The document is read as a whole; the columns beside it are what items are listed and chosen by.
CREATE TABLE items (
    tenant text NOT NULL REFERENCES tenants (name),
    id text COLLATE "C" NOT NULL,
    subject text NOT NULL,
    grade smallint NOT NULL,
    type text NOT NULL,
    points text[] NOT NULL,
    document text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant, id)
);
COMMENT ON COLUMN items.points IS 'codes of the taxonomy, and those of the topics above them';
COMMENT ON COLUMN items.document IS 'JSON, as text';
CREATE INDEX items_by_points ON items USING gin (points);
SELECT redink_guard('items');

-- Practice papers. The document has the items as they were, so a change of the bank changes no paper.
CREATE TABLE practices (
    tenant text NOT NULL REFERENCES tenants (name),
    id text NOT NULL,
    subject text NOT NULL,
    student_id text,
    document text NOT NULL,
    used text[] NOT NULL,
    idempotency_key text,
    fingerprint bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant, id)
);
COMMENT ON COLUMN practices.used IS 'ids and families of its items: what the student has had';
CREATE UNIQUE INDEX practices_by_key ON practices (tenant, idempotency_key);
CREATE INDEX practices_by_age ON practices (tenant, created_at DESC, id DESC);
CREATE INDEX practices_by_student ON practices (tenant, student_id, created_at DESC) WHERE student_id IS NOT NULL;
SELECT redink_guard('practices');

-- A paper made from exams tells what they told: it goes with the first of them that is deleted.
CREATE TABLE practice_exams (
    tenant text NOT NULL,
    practice_id text NOT NULL,
    exam_id uuid NOT NULL REFERENCES exams (exam_id) ON DELETE CASCADE,
    PRIMARY KEY (tenant, practice_id, exam_id),
    FOREIGN KEY (tenant, practice_id) REFERENCES practices (tenant, id) ON DELETE CASCADE
);
CREATE INDEX practice_exams_by_exam ON practice_exams (exam_id);
SELECT redink_guard('practice_exams');
CREATE FUNCTION redink_forget_practice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM practices WHERE tenant = OLD.tenant AND id = OLD.practice_id;
    RETURN NULL;
END $$;
CREATE TRIGGER forget_practice AFTER DELETE ON practice_exams FOR EACH ROW EXECUTE FUNCTION redink_forget_practice();

-- The template of a practice paper is made with it and goes with it; it stands in no list and counts for no limit.
ALTER TABLE templates
    ADD COLUMN practice_id text,
    ADD FOREIGN KEY (tenant, practice_id) REFERENCES practices (tenant, id) ON DELETE CASCADE;
CREATE UNIQUE INDEX templates_by_practice ON templates (tenant, practice_id) WHERE practice_id IS NOT NULL;
