"""The status machine of an exam: names, ranks, progress and the step a user is shown."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """States of an exam, in the order it passes them; the last four are terminal."""

    UPLOADED = "UPLOADED"
    OCR_PROCESSING = "OCR_PROCESSING"
    OCR_COMPLETED = "OCR_COMPLETED"
    PARSING = "PARSING"
    PARSED = "PARSED"
    ANALYZING = "ANALYZING"
    ANALYZED = "ANALYZED"
    DIAGNOSING = "DIAGNOSING"
    DIAGNOSED = "DIAGNOSED"
    REPORT_GENERATING = "REPORT_GENERATING"
    REPORT_GENERATED = "REPORT_GENERATED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"

    @property
    def terminal(self) -> bool:
        """Whether no later event of the same revision may change it."""
        return self in TERMINAL


TERMINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.EXPIRED})


@dataclass(frozen=True)
class Step:
    """What a user sees of a status. `progress` None keeps the last one; `remaining` is the prior, in seconds."""

    rank: int
    progress: int | None
    label: str
    remaining: float


STEPS: dict[Status, Step] = {
    Status.UPLOADED: Step(0, 0, "已上传，等待处理", 45),
    Status.OCR_PROCESSING: Step(10, 10, "OCR 识别中", 35),
    Status.OCR_COMPLETED: Step(20, 20, "OCR 完成", 30),
    Status.PARSING: Step(30, 30, "试卷解析中", 25),
    Status.PARSED: Step(40, 40, "解析完成", 20),
    Status.ANALYZING: Step(50, 50, "作答分析中", 15),
    Status.ANALYZED: Step(60, 60, "分析完成", 10),
    Status.DIAGNOSING: Step(70, 70, "AI 诊断中", 8),
    Status.DIAGNOSED: Step(80, 80, "诊断完成", 5),
    Status.REPORT_GENERATING: Step(90, 90, "报告生成中", 3),
    Status.REPORT_GENERATED: Step(95, 95, "报告已生成", 1),
    Status.COMPLETED: Step(100, 100, "处理完成", 0),
    Status.FAILED: Step(100, None, "处理失败", 0),
    Status.CANCELLED: Step(100, None, "已取消", 0),
    Status.EXPIRED: Step(100, None, "已超时", 0),
}
"""Rank orders the compare-and-set of the projection: a status is taken only over a smaller rank."""
