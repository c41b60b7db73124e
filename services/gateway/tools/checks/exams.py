"""Invariants of the books alone: I1 no exam lost, I2 none ended twice, I4 history in order, I8 the equation."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from contracts.events import StageDone
from contracts.status import Status
from contracts.topics import STAGES
from services.gateway.tools.checks.finding import Finding
from services.gateway.tools.evidence import ENDED, Evidence, Row, Step, Stored

_OUTCOMES = ("completed", "failed", "cancelled", "expired")
_IN_FLIGHT = frozenset(status.value for status in Status) - ENDED


def equation(evidence: Evidence) -> dict[str, int]:
    """Accepted = completed + failed + cancelled + expired + in flight (+ deleted); accepted counts first events, not rows."""
    accepted = sum(any(step.number == 1 for step in steps) for steps in evidence.steps.values()) + len(evidence.erased)
    by_status = Counter(row.status for row in evidence.rows.values())
    outcomes = {name: by_status[name.upper()] for name in _OUTCOMES}
    outcomes |= {"in_flight": sum(by_status[status] for status in _IN_FLIGHT)}
    return {"accepted": accepted} | outcomes | ({"deleted": len(evidence.erased)} if evidence.erased else {})


def nothing_lost(evidence: Evidence) -> Finding:
    """I1. Accepted is whatever a client was told: rows, answers bound to an Idempotency-Key, the journal's `ok`."""
    finding = Finding("I1", "every accepted exam has ended, or is younger than its deadline")
    told = {line.exam_id for line in evidence.journal or () if line.outcome == "ok" and line.exam_id}
    for exam_id in sorted((evidence.rows.keys() | evidence.promised | told) - evidence.erased):
        row = evidence.rows.get(exam_id)
        if row is None:
            finding.look(False, f"{exam_id}: accepted, but there is no such exam")
        elif evidence.settled is False:
            finding.look(row.ended, f"{exam_id}: still {row.status} when the time to settle was over")
        else:
            finding.look(row.ended or row.deadline > evidence.now, f"{exam_id}: {row.status} past its deadline")
    return finding


def ended_once(evidence: Evidence) -> Finding:
    """I2. Looks at exams' histories, and at the artefacts that events name."""
    finding = Finding("I2", "one end per exam and revision, one artefact per stage, one report")
    for row in evidence.rows.values():
        _look_at_ends(finding, row, evidence.steps.get(row.exam_id, ()))
        if row.status == Status.COMPLETED:
            stored = evidence.reports.get(row.exam_id, Stored.MISSING)
            finding.look(stored is Stored.WHOLE, f"{row.exam_id}: COMPLETED, its report is {stored.value}")
    refs = defaultdict(set)
    for item in evidence.on(*(row.sink for row in STAGES)):
        if isinstance(item.event, StageDone):
            refs[item.event.exam_id, item.event.revision, item.topic].add(item.event.artefact)
    for (exam_id, revision, topic), found in refs.items():
        finding.look(len(found) == 1, f"{exam_id} revision {revision}: {len(found)} artefacts on {topic}")
        shown = evidence.rows.get(exam_id)
        if shown and topic == STAGES[-1].sink and shown.status == Status.COMPLETED and shown.revision == revision:
            finding.look(shown.report in found, f"{exam_id} revision {revision}: shows a report that nobody published")
    return finding


def _look_at_ends(finding: Finding, row: Row, steps: Sequence[Step]) -> None:
    ends = Counter(step.revision for step in steps if step.status in ENDED)
    wanted = 1 if row.ended else 0
    finding.look(
        ends[row.revision] == wanted,
        f"{row.exam_id}: {row.status} with {ends[row.revision]} ends in revision {row.revision}",
    )
    for revision, count in ends.items():
        if revision != row.revision:
            finding.look(count == 1, f"{row.exam_id}: {count} ends in revision {revision}")


def history_in_order(evidence: Evidence) -> Finding:
    """I4."""
    finding = Finding("I4", "events are numbered without gap, never fall back, and none follows an end")
    for row in evidence.rows.values():
        wrong = _disorder(row, sorted(evidence.steps.get(row.exam_id, ()), key=lambda step: step.number))
        finding.look(wrong is None, f"{row.exam_id}: {wrong}")
    return finding


def _disorder(row: Row, steps: list[Step]) -> str | None:
    if [step.number for step in steps] != list(range(1, row.last_event + 1)):
        return f"{len(steps)} events, numbered up to {steps[-1].number if steps else 0}, where there should be {row.last_event}"
    for before, after in pairwise(steps):
        if after.order < before.order or after.order[1] < 0:
            return f"event {after.number} falls back from {before.status} to {after.status}"
        if before.revision == after.revision and before.status in ENDED:
            return f"event {after.number} ({after.status}) follows {before.status}"
    if not steps or (steps[-1].revision, steps[-1].status) != (row.revision, row.status):
        return f"the row says {row.status} of revision {row.revision}, its last event doesn't"
    return None


def sums_up(evidence: Evidence) -> Finding:
    """I8. The sum, and each exam's place in it: two that are wrong in opposite ways would not change the sum."""
    finding = Finding("I8", "accepted = completed + failed + cancelled + expired + in flight")
    for exam_id in evidence.rows.keys() | evidence.steps.keys():
        row, steps = evidence.rows.get(exam_id), evidence.steps.get(exam_id, ())
        counted = row is not None and row.status in ENDED | _IN_FLIGHT and any(step.number == 1 for step in steps)
        finding.look(counted, f"{exam_id}: is on one side of the equation only")
    parts = equation(evidence)
    accepted = parts.pop("accepted")
    if evidence.rows:
        said = " + ".join(f"{count} {name}" for name, count in parts.items())
        finding.look(accepted == sum(parts.values()), f"{accepted} accepted, but {said}")
    return finding
