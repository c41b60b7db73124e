-- What a key may do, and how it is replaced. `admin` is everything of the tenant: what keys could do so far.
ALTER TABLE api_keys
    ADD COLUMN scopes text[] NOT NULL DEFAULT '{admin}',
    ADD COLUMN last_used_at timestamptz,
    ADD COLUMN replaced_by text;
COMMENT ON COLUMN api_keys.last_used_at IS 'to the minute';
COMMENT ON COLUMN api_keys.replaced_by IS 'id of the key that a rotation made in its stead; it is valid until expires_at';

-- What a tenant is allowed. Null: as the installation's settings say, or without limit.
ALTER TABLE tenants
    ADD COLUMN rate_factor double precision NOT NULL DEFAULT 1 CHECK (rate_factor > 0),
    ADD COLUMN quota_exams bigint CHECK (quota_exams >= 0),
    ADD COLUMN quota_pages bigint CHECK (quota_pages >= 0),
    ADD COLUMN quota_tokens bigint CHECK (quota_tokens >= 0),
    ADD COLUMN quota_cost numeric(14, 6) CHECK (quota_cost >= 0),
    ADD COLUMN retention_days integer CHECK (retention_days > 0),
    ADD COLUMN canary boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN tenants.rate_factor IS 'of the installation''s request rates';
COMMENT ON COLUMN tenants.canary IS 'a test tenant of the operators: measured, never billed, never out of quota';

-- One row per tenant and calendar month (UTC). It outlives the exams: deleting an exam gives no quota back.
CREATE TABLE usage_months (
    tenant text NOT NULL REFERENCES tenants (name),
    month date NOT NULL,
    exams bigint NOT NULL DEFAULT 0,
    pages bigint NOT NULL DEFAULT 0,
    tokens_in bigint NOT NULL DEFAULT 0,
    tokens_cached bigint NOT NULL DEFAULT 0,
    tokens_out bigint NOT NULL DEFAULT 0,
    cost numeric(14, 6) NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, month)
);
COMMENT ON COLUMN usage_months.exams IS 'accepted in the month; counted in the transaction that accepts';
COMMENT ON COLUMN usage_months.pages IS 'of exams completed in the month, like tokens and cost; every revision counts';
INSERT INTO usage_months (tenant, month, exams)
SELECT tenant, date_trunc('month', created_at AT TIME ZONE 'UTC')::date, count(*) FROM exams GROUP BY 1, 2;

ALTER TABLE exams ADD COLUMN metered integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN exams.metered IS 'the last revision whose pages, tokens and cost are in usage_months';
CREATE INDEX exams_to_meter ON exams (completed_at) WHERE status = 'COMPLETED' AND metered < revision;
CREATE INDEX exams_by_end ON exams (tenant, completed_at) WHERE completed_at IS NOT NULL;

-- What is left of a deleted exam: that it was, and the receipt. Written in the transaction that deletes its rows; its
-- blobs go after that, so nothing can be read any more while they do, and whoever finds the row can go on.
CREATE TABLE exam_tombstones (
    exam_id uuid PRIMARY KEY,
    tenant text NOT NULL REFERENCES tenants (name),
    reason text NOT NULL CHECK (reason IN ('request', 'retention')),
    requested_by text,
    exam_created_at timestamptz NOT NULL,
    deleted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    blobs bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    erased_at timestamptz,
    look_again_at timestamptz DEFAULT clock_timestamp()
);
COMMENT ON COLUMN exam_tombstones.requested_by IS 'id of the API key';
COMMENT ON COLUMN exam_tombstones.erased_at IS 'when its blobs were gone for the first time';
COMMENT ON COLUMN exam_tombstones.look_again_at IS 'a stage that was at work may have stored something since; null: no more';
CREATE INDEX exam_tombstones_open ON exam_tombstones (look_again_at) WHERE look_again_at IS NOT NULL;
CREATE INDEX exam_tombstones_by_tenant ON exam_tombstones (tenant, deleted_at DESC);

-- The second wall. Requests work as redink_api, which sees the rows of app.tenant only; migrations and background work
-- as the owner, whom policies don't hold. Without app.tenant there are no rows at all.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'redink_api') THEN
        CREATE ROLE redink_api NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN  -- another database of this server was migrated just now
    NULL;
END $$;
DO $$
BEGIN
    SET LOCAL ROLE redink_api;
    RESET ROLE;
EXCEPTION WHEN insufficient_privilege THEN
    EXECUTE format('GRANT redink_api TO %I', current_user);
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO redink_api;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO redink_api;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO redink_api;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO redink_api;
REVOKE ALL ON schema_migrations, api_keys, parked, outbox, tenants FROM redink_api;
-- A request puts events into the outbox and counts them; it locks its tenant's row, and can't change what is allowed.
GRANT INSERT, SELECT (id) ON outbox TO redink_api;
GRANT SELECT, UPDATE (created_at) ON tenants TO redink_api;

-- Rows of a table with a column `tenant` are the tenant's; of one with `exam_id` only, those of the tenant's exams.
CREATE FUNCTION redink_guard(guarded regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    own text;
BEGIN
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = guarded AND attname = 'tenant' AND NOT attisdropped) THEN
        own := 'tenant = current_setting(''app.tenant'', true)';
    ELSE
        own := format('EXISTS (SELECT FROM exams e WHERE e.exam_id = %s.exam_id)', guarded);
    END IF;
    EXECUTE format('DROP POLICY IF EXISTS own_tenant ON %s', guarded);
    EXECUTE format('CREATE POLICY own_tenant ON %s TO redink_api USING (%s) WITH CHECK (%s)', guarded, own, own);
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', guarded);
END $$;
COMMENT ON FUNCTION redink_guard IS 'rows of the table are seen by requests of their own tenant only';

SELECT redink_guard(name::regclass) FROM unnest(ARRAY[
    'exams', 'exam_events', 'stage_timings', 'idempotency', 'webhook_endpoints', 'webhook_deliveries', 'usage_months',
    'exam_tombstones'
]) AS name;
CREATE POLICY own_tenant ON tenants TO redink_api USING (name = current_setting('app.tenant', true));
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
