"""I6: what came out belongs to what went in, by the journal of whoever uploaded."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from contracts.status import Status
from services.gateway.tools.checks.finding import Finding
from services.gateway.tools.evidence import Attempt, Evidence, Stored


def belongs_to_upload(evidence: Evidence) -> Finding:
    """Uploads told `ok` exist once, of unknown fate at most once, refused ones never; marker and hash are the upload's.

    Attempts are told apart by Idempotency-Key: several lines of one key are one upload, tried several times. Needs
    uploads with different bytes, as a journal's are.
    """
    finding = Finding("I6", "each upload became the exams it was promised, and its report carries its own content")
    if evidence.journal is None:
        finding.note = "needs --journal, written by whoever uploaded"
        return finding
    exams = _exams_by_content(evidence)
    contents: dict[tuple[str, str], list[Attempt]] = defaultdict(list)
    journal = [line for line in evidence.journal if line.exam_id not in evidence.erased]
    for line in journal:
        contents[line.tenant, line.sha256].append(line)
    for content, lines in contents.items():
        _look_at_count(finding, lines, exams[content])
    for line in journal:
        if line.outcome == "ok":
            _look_at_content(finding, line, evidence)
    return finding


def _exams_by_content(evidence: Evidence) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for exam_id, upload in evidence.uploads.items():
        row = evidence.rows.get(exam_id)
        if row and upload:
            found.update({(row.tenant, sha256) for sha256 in upload.hashes})
    return found


def _look_at_count(finding: Finding, lines: Sequence[Attempt], exams: int) -> None:
    by_key: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        by_key[line.key].add(line.outcome)
    least = sum("ok" in outcomes for outcomes in by_key.values())
    most = sum(bool(outcomes & {"ok", "unknown"}) for outcomes in by_key.values())
    promise = str(least) if least == most else f"{least} to {most}"
    finding.look(least <= exams <= most, f"upload {lines[0].sha256[:12]}…: {exams} exams, promised {promise}")


def _look_at_content(finding: Finding, line: Attempt, evidence: Evidence) -> None:
    row = evidence.rows.get(line.exam_id) if line.exam_id else None
    upload = evidence.uploads.get(line.exam_id) if line.exam_id else None
    finding.look(
        row is not None and upload is not None and line.sha256 in upload.hashes,
        f"{line.exam_id}: doesn't hold what its client uploaded",
    )
    if upload is None or row is None:
        return
    whole = all(evidence.files.get(file.path, Stored.MISSING) is Stored.WHOLE for file in upload.files)
    finding.look(whole, f"{line.exam_id}: stored files are not the uploaded bytes")
    if line.marker and row.status == Status.COMPLETED:
        finding.look(
            evidence.marked.get(row.exam_id, False), f"{line.exam_id}: the upload's marker isn't in its report"
        )
