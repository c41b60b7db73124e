-- What students earned, question by question: of completed exams, taken from their results (and again from those of a new
-- revision), and of past records that were imported. Ungraded questions have no row: that is never 0 points.
CREATE TABLE responses (
    response_id uuid PRIMARY KEY,
    tenant text NOT NULL REFERENCES tenants (name),
    exam_id uuid REFERENCES exams (exam_id) ON DELETE CASCADE,
    import_id uuid,
    sitting uuid NOT NULL,
    student_id text NOT NULL,
    class_id text,
    subject text NOT NULL,
    taken_at timestamptz NOT NULL,
    place integer NOT NULL,
    item text NOT NULL,
    path text[] NOT NULL,
    codes text[] NOT NULL,
    names text[] NOT NULL,
    parts double precision[] NOT NULL,
    weight double precision NOT NULL CHECK (weight > 0),
    share double precision NOT NULL CHECK (share BETWEEN 0 AND 1),
    earned double precision,
    max_score double precision,
    difficulty double precision,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((exam_id IS NULL) <> (import_id IS NULL))
);
COMMENT ON COLUMN responses.response_id IS 'derived from what it is the response to, so that nothing is there twice';
COMMENT ON COLUMN responses.import_id IS 'the import that said it last';
COMMENT ON COLUMN responses.sitting IS 'the exam, or the student''s paper of that day: responses of one occasion';
COMMENT ON COLUMN responses.student_id IS 'empty: not known; such a row counts for the class only';
COMMENT ON COLUMN responses.parts IS 'of its weight, one for each code';
COMMENT ON COLUMN responses.weight IS 'as evidence, in questions';
CREATE INDEX responses_of_student ON responses (tenant, student_id, subject, taken_at DESC) WHERE student_id <> '';
CREATE INDEX responses_of_exam ON responses (exam_id) WHERE exam_id IS NOT NULL;
CREATE INDEX responses_of_import ON responses (import_id) WHERE import_id IS NOT NULL;
CREATE INDEX responses_by_age ON responses (tenant, recorded_at) WHERE import_id IS NOT NULL;

-- What the diagnosis of an exam said of each knowledge point.
CREATE TABLE masteries (
    exam_id uuid NOT NULL REFERENCES exams (exam_id) ON DELETE CASCADE,
    code text NOT NULL,
    tenant text NOT NULL REFERENCES tenants (name),
    student_id text NOT NULL,
    subject text NOT NULL,
    taken_at timestamptz NOT NULL,
    name text NOT NULL,
    mastery double precision NOT NULL,
    low double precision NOT NULL,
    high double precision NOT NULL,
    sufficient boolean NOT NULL,
    PRIMARY KEY (exam_id, code)
);
CREATE INDEX masteries_of_student ON masteries (tenant, student_id, subject, taken_at DESC) WHERE student_id <> '';

ALTER TABLE exams ADD COLUMN recorded_revision integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN exams.recorded_revision IS 'the last revision whose result is in responses and masteries';
CREATE INDEX exams_to_record ON exams (completed_at) WHERE status = 'COMPLETED' AND recorded_revision < revision;
CREATE INDEX exams_of_template ON exams (tenant, template_id, template_version, created_at DESC)
    WHERE template_id IS NOT NULL;

-- Past records that were sent as a file. Its rows are taken in batches; a batch and its outcome are one transaction.
CREATE TABLE imports (
    import_id uuid PRIMARY KEY,
    tenant text NOT NULL REFERENCES tenants (name),
    media_type text NOT NULL,
    subject text,
    file jsonb,
    requested_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    leased_until timestamptz,
    ended_at timestamptz,
    problem jsonb
);
COMMENT ON COLUMN imports.subject IS 'of rows that name none';
COMMENT ON COLUMN imports.file IS 'where it is stored, until it was taken';
COMMENT ON COLUMN imports.problem IS 'why it could not be taken to its end';
CREATE INDEX imports_open ON imports (created_at) WHERE ended_at IS NULL;

CREATE TABLE import_batches (
    import_id uuid NOT NULL REFERENCES imports (import_id) ON DELETE CASCADE,
    number integer NOT NULL,
    tenant text NOT NULL REFERENCES tenants (name),
    rows integer NOT NULL,
    created integer NOT NULL,
    updated integer NOT NULL,
    refused integer NOT NULL,
    PRIMARY KEY (import_id, number)
);

CREATE TABLE import_errors (
    import_id uuid NOT NULL REFERENCES imports (import_id) ON DELETE CASCADE,
    line integer NOT NULL,
    code text NOT NULL,
    tenant text NOT NULL REFERENCES tenants (name),
    field text,
    detail text NOT NULL,
    PRIMARY KEY (import_id, line)
);

SELECT redink_guard(name::regclass)
FROM unnest(ARRAY['responses', 'masteries', 'imports', 'import_batches', 'import_errors']) AS name;
