"""The words a stage uses to say that it failed. An error is a decision: see `runtime.verdict`."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """Stable codes of failures that a client sees; each has a sentence that says what to do."""

    UNREADABLE_FILE = "unreadable_file"
    ENCRYPTED_PDF = "encrypted_pdf"
    ENCRYPTED_ARCHIVE = "encrypted_archive"
    UNSUPPORTED_MEDIA = "unsupported_media"
    TOO_MANY_PAGES = "too_many_pages"
    IMAGE_TOO_LARGE = "image_too_large"
    IMAGE_TOO_SMALL = "image_too_small"
    FILE_TOO_COMPLEX = "file_too_complex"
    NO_TEXT_FOUND = "no_text_found"
    NO_QUESTION_FOUND = "no_question_found"
    ARTEFACT_MISSING = "artefact_missing"
    STAGE_TIMEOUT = "stage_timeout"
    WORKER_CRASHED = "worker_crashed"
    INTERNAL = "internal"
    DEADLINE_EXCEEDED = "deadline_exceeded"


ADVICE: dict[ErrorCode, str] = {
    ErrorCode.UNREADABLE_FILE: "文件无法读取或已损坏，请重新导出或重新拍照后上传。",
    ErrorCode.ENCRYPTED_PDF: "PDF 已加密，请去除密码后重新上传。",
    ErrorCode.ENCRYPTED_ARCHIVE: "压缩包已加密，请去除密码后重新上传。",
    ErrorCode.UNSUPPORTED_MEDIA: "不支持的文件类型，请上传 JPEG、PNG、WebP、TIFF、PDF 或其 ZIP 包；HEIC 照片请先转换为 JPEG。",
    ErrorCode.TOO_MANY_PAGES: "页数过多，请拆分后分别上传。",
    ErrorCode.IMAGE_TOO_LARGE: "图片像素过大，请降低分辨率后上传。",
    ErrorCode.IMAGE_TOO_SMALL: "图片过小，无法识别文字，请靠近重新拍照。",
    ErrorCode.FILE_TOO_COMPLEX: "文件无法在限定的时间和内存内打开，请另存为普通图片或 PDF 后重新上传。",
    ErrorCode.NO_TEXT_FOUND: "页面上没有识别到文字，请检查图片是否清晰、方向是否正确。",
    ErrorCode.NO_QUESTION_FOUND: "没有识别到题目，请确认上传的是试卷或答题卡，并重新拍照。",
    ErrorCode.ARTEFACT_MISSING: "中间结果已过期，请重新上传试卷。",
    ErrorCode.STAGE_TIMEOUT: "处理超时，请稍后重试；若仍失败请减少页数。",
    ErrorCode.WORKER_CRASHED: "处理该文件时程序多次异常退出，请换一种格式重新上传。",
    ErrorCode.INTERNAL: "系统内部错误，请稍后重试；若仍失败请联系支持并提供 trace_id。",
    ErrorCode.DEADLINE_EXCEEDED: "未能在规定时间内完成，请重新提交。",
}
"""What the user of the API reads in `error_message`: what went wrong and what to do next."""


class StageError(Exception):
    """Base of the errors a stage raises on purpose; the message must carry no exam text and no personal data."""


class Permanent(StageError):
    """This exam cannot succeed, whoever retries: ends it as FAILED with a code; not a dead letter."""

    def __init__(self, code: ErrorCode, detail: str = "") -> None:
        super().__init__(f"{code.value}: {detail}" if detail else code.value)
        self.code = code
        self.detail = detail

    def __reduce__(self) -> tuple[type["Permanent"], tuple[ErrorCode, str]]:
        # Default pickling would pass the formatted message as `code`; cores raise this inside worker processes.
        return type(self), (self.code, self.detail)


class Transient(StageError):
    """A later try may succeed: goes to the retry topic while tries and the exam's deadline last."""

    def __init__(self, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[type["Transient"], tuple[str, float | None]]:
        return type(self), (self.detail, self.retry_after)


class Invalid(StageError):
    """The record itself is broken (schema, decode, unknown version): dead letter at once."""
