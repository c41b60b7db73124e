"""The torture matrix: each row one fault, injected at its moment into real processes, and what must come of it."""

from tests.faults.rows import broker, clients, gateway, poison, postgres, stages, stores, workers
from tests.faults.rows.row import Row

_BY_SUBJECT = (gateway, postgres, stages, workers, broker, poison, stores, clients)

ROWS: dict[int, Row] = {row.number: row for module in _BY_SUBJECT for row in module.ROWS}
SHORT = (*range(1, 9), *range(18, 24), 32)
"""What every push runs; the rest is for the long run."""
