-- Where a tenant wants to be told that an exam ended. The row `callback` has no URL of its own: it is the sender of
-- what uploads asked for with callback_url. Secrets are kept as they are, because every delivery is signed with them.
CREATE TABLE webhook_endpoints (
    tenant text NOT NULL REFERENCES tenants (name),
    id text NOT NULL,
    url text,
    description text NOT NULL DEFAULT '',
    events text[] NOT NULL,
    secret bytea NOT NULL,
    former_secret bytea,
    former_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    failing_since timestamptz,
    disabled_at timestamptz,
    disabled_reason text,
    PRIMARY KEY (tenant, id)
);
COMMENT ON COLUMN webhook_endpoints.former_until IS 'until then deliveries are also signed with the former secret';
COMMENT ON COLUMN webhook_endpoints.failing_since IS 'first failure since the last success';

-- What is owed to an endpoint. The id is derived and is what the receiver sees as webhook-id; the body never changes.
CREATE TABLE webhook_deliveries (
    id uuid PRIMARY KEY,
    tenant text NOT NULL,
    endpoint_id text NOT NULL,
    url text,
    event_type text NOT NULL,
    exam_id uuid,
    body text NOT NULL,
    state text NOT NULL DEFAULT 'pending',
    failures integer NOT NULL DEFAULT 0,
    claims integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    leased_until timestamptz,
    last_attempt_at timestamptz,
    last_status integer,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    FOREIGN KEY (tenant, endpoint_id) REFERENCES webhook_endpoints (tenant, id) ON DELETE CASCADE
);
COMMENT ON COLUMN webhook_deliveries.url IS 'of a callback; null: the URL its endpoint has when it is sent';
COMMENT ON COLUMN webhook_deliveries.claims IS 'fencing token: the failure of an attempt counts only while it is the latest';
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (due_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (tenant, endpoint_id, created_at DESC, id DESC);
CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (ended_at) WHERE ended_at IS NOT NULL;

ALTER TABLE exams ADD COLUMN callback_url text;
COMMENT ON COLUMN exams.callback_url IS 'where this exam''s end is told, besides the endpoints of its tenant';
