-- All tables about a tenant, or about an exam, that have no guard yet. A table made after this one calls redink_guard.
SELECT redink_guard(c.oid::regclass)
FROM pg_class c
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND NOT c.relrowsecurity
  AND c.relname NOT IN ('outbox', 'parked', 'api_keys')  -- requests can't read these
  AND EXISTS (SELECT FROM pg_attribute a
              WHERE a.attrelid = c.oid AND a.attname IN ('tenant', 'exam_id') AND NOT a.attisdropped);
