-- A request looks its key up as redink_api, which can't read the table of keys: one row, by an id that it knows. So the
-- pool of background work, however busy, keeps no request waiting.
CREATE FUNCTION redink_key(wanted text)
RETURNS TABLE (
    tenant text, secret_sha256 bytea, scopes text[], revoked boolean, expired boolean, unnoted boolean,
    rate_factor double precision
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT k.tenant, k.secret_sha256, k.scopes, k.revoked_at IS NOT NULL, coalesce(k.expires_at <= now(), false),
           coalesce(k.last_used_at < now() - interval '1 minute', true), t.rate_factor
    FROM api_keys k JOIN tenants t ON t.name = k.tenant WHERE k.id = wanted
$$;
CREATE FUNCTION redink_key_used(wanted text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE api_keys SET last_used_at = now()
    WHERE id = wanted AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
$$;
REVOKE ALL ON FUNCTION redink_key, redink_key_used, redink_guard FROM PUBLIC;
GRANT EXECUTE ON FUNCTION redink_key, redink_key_used TO redink_api;
