"""The ledger in Postgres: every statement that writes an exam, the outbox, a key or a parked event is in here."""

from services.gateway.postgres.ledger import PostgresLedger, PostgresTransaction

__all__ = ["PostgresLedger", "PostgresTransaction"]
