"""Invariants seen from outside: I11 what a client's stream shows, I12 what the processes hold."""

from services.gateway.tools.checks.finding import Finding
from services.gateway.tools.evidence import Evidence, Process

_SLACK = {
    "resident_bytes": (1.5, 64 * 1024 * 1024),
    "open_files": (1.2, 16),
    "tasks": (1.2, 16),
    "threads": (1.2, 8),
    "connections": (1.2, 4),
}
"""How much more than in the baseline is no leak: a factor, plus this many."""


def streams_whole(evidence: Evidence) -> Finding:
    """I11."""
    finding = Finding("I11", "an exam's event stream has no gap, no repeat and ends with the end; so does one resumed")
    if evidence.streams is None:
        finding.note = "needs --gateway and --api-key"
        return finding
    for stream in evidence.streams:
        row = evidence.rows[stream.exam_id]
        wanted = tuple(range(stream.since + 1, row.last_event + 1))
        right = stream.numbers == wanted and (stream.ended or not wanted)
        finding.look(
            right, f"{stream.exam_id} after {stream.since}: events {_short(stream.numbers)} of {row.last_event}"
        )
    return finding


def _short(numbers: tuple[int, ...]) -> str:
    shown = ", ".join(str(number) for number in numbers[:12])
    return f"{shown}, …" if len(numbers) > 12 else shown or "none"


def nothing_leaks(evidence: Evidence) -> Finding:
    """I12. Measures only, unless there is an earlier audit to compare with."""
    finding = Finding("I12", "memory, open files, tasks and connections are back at the baseline")
    if evidence.processes is None:
        finding.note = "needs --metrics"
        return finding
    if evidence.baseline is None:
        finding.note = "measured; needs --baseline, an earlier audit's JSON, to compare with"
        return finding
    before = {process.address: process for process in evidence.baseline}
    for process in evidence.processes:
        if process.address in before:
            _compare(finding, process, before[process.address])
    return finding


def _compare(finding: Finding, process: Process, before: Process) -> None:
    for name, (factor, more) in _SLACK.items():
        if name in process.values and name in before.values:
            now, then = process.values[name], before.values[name]
            finding.look(now <= then * factor + more, f"{process.address}: {name} {then:.0f} → {now:.0f}")
