"""An error is a decision; a policy is a value. Pure."""

from dataclasses import dataclass

from contracts.errors import ErrorCode, Invalid, Permanent, StageError, Transient
from contracts.status import Status


class Cancelled(StageError):
    """The user withdrew the exam."""


class Expired(StageError):
    """The exam's deadline passed."""


class WorkerDied(Transient):
    """A worker process died under this exam (out of memory, a fault in native code)."""


class CrashLooping(StageError):
    """The record was begun too often without ever coming to an end: it takes the whole process with it."""


@dataclass(frozen=True)
class Policy:
    """Waits of base, 2 base, 4 base … seconds, at most `cap`, spread by `jitter` of themselves to either side."""

    retries: int = 3
    base: float = 1.0
    cap: float = 600.0
    jitter: float = 0.2


@dataclass(frozen=True)
class RetryAt:
    """Put it on the retry topic, due then (seconds since 1970)."""

    due: float
    reason: str


@dataclass(frozen=True)
class DeadLetter:
    """Set the record aside; the exam, if one can be told from it, failed with `code`."""

    reason: str
    code: ErrorCode = ErrorCode.INTERNAL


@dataclass(frozen=True)
class Fail:
    """The exam ends here, for a reason its user is told."""

    status: Status
    code: ErrorCode | None = None


Verdict = RetryAt | DeadLetter | Fail


def judge(
    error: Exception, attempt: int, now: float, deadline: float, policy: Policy, *, chance: float = 0.5
) -> Verdict:
    """What to do with a record whose `attempt`-th try (from 1) raised `error`.

    Times in seconds since 1970; `chance` in 0..1 places the wait inside its jitter. An error nobody foresaw is treated
    as transient: bounded, because tries are.
    """
    match error:
        case Cancelled():
            return Fail(Status.CANCELLED)
        case Expired():
            return Fail(Status.EXPIRED, ErrorCode.DEADLINE_EXCEEDED)
        case Permanent(code=code):
            return Fail(Status.FAILED, code)
        case Invalid():
            return DeadLetter("invalid")
        case CrashLooping():
            return DeadLetter("crash_looping", ErrorCode.WORKER_CRASHED)
    return _again(error, attempt, now, deadline, policy, chance=chance)


def _again(error: Exception, attempt: int, now: float, deadline: float, policy: Policy, *, chance: float) -> Verdict:
    died = isinstance(error, WorkerDied)
    reason = "worker_died" if died else "transient" if isinstance(error, Transient) else "unexpected"
    if attempt > policy.retries:
        return DeadLetter(f"{reason}_exhausted", ErrorCode.WORKER_CRASHED if died else ErrorCode.INTERNAL)
    wait = min(policy.base * 2.0 ** min(attempt - 1, 60), policy.cap)
    wait *= 1 + policy.jitter * (2 * chance - 1)
    if isinstance(error, Transient) and error.retry_after is not None:
        wait = max(wait, error.retry_after)
    due = now + min(wait, policy.cap)
    if due >= deadline:
        return Fail(Status.EXPIRED, ErrorCode.DEADLINE_EXCEEDED)
    return RetryAt(due, reason)
