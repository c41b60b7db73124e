-- Items that a model wrote for practice papers are kept in a bank of their own: no paper takes one unless it asks for written items.
ALTER TABLE items ADD COLUMN bank text NOT NULL DEFAULT 'own' CHECK (bank IN ('own', 'written'));
COMMENT ON COLUMN items.bank IS 'own: the tenant sent it; written: a model wrote it, and it held';
