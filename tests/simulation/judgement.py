"""What is checked when the world is quiet again: what became of every upload."""

from collections import Counter, defaultdict

from contracts.errors import ErrorCode
from contracts.status import Status
from contracts.topics import STAGES, artefact_path
from runtime.blobs import ref_of
from services.gateway.exams import Exam
from tests.simulation.blobs import Store
from tests.simulation.books import Books
from tests.simulation.client import TENANT, Upload
from tests.simulation.invariants import CRASHES, Auditor
from tests.simulation.stages import Story, story_of


class Judge:
    """Holds the uploads' journals against books, store and what the auditor saw."""

    def __init__(self, auditor: Auditor, books: Books, store: Store) -> None:
        self._auditor = auditor
        self._books = books
        self._store = store

    def judge(self, uploads: list[Upload], faulty: bool) -> None:
        """The world is quiet. `faulty`: whether retries may have been used up by faults that are no upload's own."""
        by_marker: defaultdict[str, list[Exam]] = defaultdict(list)
        for exam in self._books.exams:
            by_marker[exam.student_id].append(exam)
        known = {exam.exam_id for exam in self._books.exams}
        if ghosts := self._auditor.spoken - known:
            self._auditor.violated("I3", f"events of unknown exams {sorted(map(str, ghosts))}")
        for upload in uploads:
            self._judge_upload(upload, by_marker.pop(upload.marker, []), faulty)
        if by_marker:
            self._auditor.violated("I3", f"exams nobody uploaded: {sorted(by_marker)}")
        self._judge_ends()
        if self._store.overwritten:
            self._auditor.violated("written once", f"{self._store.overwritten[0]} was replaced")

    def _judge_upload(self, upload: Upload, exams: list[Exam], faulty: bool) -> None:
        if len(exams) > 1:
            self._auditor.violated("I3", f"{len(exams)} exams of key {upload.key}")
        if set(upload.answers) - {exam.exam_id for exam in exams} or len(set(upload.answers)) > 1:
            self._auditor.violated(
                "I1", f"key {upload.key} was answered with {len(set(upload.answers))} exams, {len(exams)} exist"
            )
        for exam in exams:
            if not exam.ended:
                self._auditor.violated("I1", f"{exam.exam_id} is {exam.position.status}")
            elif not self._deserved(upload, exam, faulty):
                self._auditor.violated(
                    "I1", f"{exam.exam_id} is {exam.position.status} {exam.position.code}, fate {upload.fate}"
                )
            self._judge_story(upload, exam)

    def _deserved(self, upload: Upload, exam: Exam, faulty: bool) -> bool:
        position, fate = exam.position, upload.fate
        match position.status:
            case Status.COMPLETED:
                return fate.kind != "permanent"
            case Status.CANCELLED:
                return upload.cancelled
            case Status.EXPIRED:
                return exam.completed_at is not None and exam.completed_at >= exam.deadline
        if fate.kind == "permanent" and position.code is ErrorCode.NO_QUESTION_FOUND:
            return True
        if position.code in CRASHES:
            return exam.exam_id in self._auditor.dead and (faulty or fate.kind in {"broken", "poison", "transient"})
        return position.code is ErrorCode.ARTEFACT_MISSING and any(str(exam.exam_id) in p for p in self._store.missed)

    def _judge_story(self, upload: Upload, exam: Exam) -> None:
        if exam.position.status is not Status.COMPLETED:
            return
        story: Story = (upload.marker,)
        for row in STAGES:
            path = artefact_path(TENANT, exam.exam_id, exam.position.revision, row.name)
            data = self._store.data.get(path)
            if data is None:
                self._auditor.violated("I6", f"{exam.exam_id} is completed without {row.name}")
                return
            told = story_of(data)
            if told[:-1] != story:
                self._auditor.violated("I6", f"{row.name} of {exam.exam_id} goes on from another story")
            story = told
        if exam.report is None or exam.report != ref_of(path, data):
            self._auditor.violated("I6", f"{exam.exam_id} has another report than is stored")

    def _judge_ends(self) -> None:
        ends = Counter(
            (move.exam_id, position.revision)
            for move in self._books.moves
            for position in move.after
            if position.status.terminal
        )
        told = Counter((exam.exam_id, exam.position.revision) for exam in self._books.announced)
        for end, count in ends.items():
            if count > 1:
                self._auditor.violated("I2", f"{end[0]} ended {count} times")
        if told != ends:
            self._auditor.violated("I5", f"{sum(ends.values())} ends, {sum(told.values())} announcements")
        exams = self._books.exams
        if len(exams) != sum(exam.ended for exam in exams):
            self._auditor.violated("I8", f"{len(exams)} accepted, {sum(exam.ended for exam in exams)} ended")
