"""The HTTP API and the only service with a database.

Reads redink.exam.status.v1, redink.exam.reported.v1 and the dead-letter topics (projection); writes
redink.exam.uploaded.{interactive,batch}.v1 and redink.exam.control.v1 (outbox relay, sweeper).
"""
