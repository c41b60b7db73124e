"""`judge` is total, bounded in tries and time, and gives each word of `contracts.errors` its own end."""

from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import ErrorCode, Invalid, Permanent, Transient
from contracts.status import Status
from runtime.verdict import (
    Cancelled,
    CrashLooping,
    DeadLetter,
    Expired,
    Fail,
    Policy,
    RetryAt,
    WorkerDied,
    judge,
)

NOW = 1_000_000.0
POLICY = Policy(retries=3, base=1.0, cap=600.0, jitter=0.2)

waits = st.none() | st.floats(0, 1e6)
errors = st.one_of(
    st.builds(Transient, st.just(""), waits),
    st.builds(WorkerDied, st.just(""), waits),
    st.sampled_from([ValueError("x"), KeyError(1), TimeoutError(), MemoryError(), OSError(28, "full")]),
    st.builds(Permanent, st.sampled_from(ErrorCode)),
    st.sampled_from([Invalid("x"), Cancelled(), Expired(), CrashLooping()]),
)
policies = st.builds(Policy, st.integers(0, 8), st.floats(0.01, 60), st.floats(1, 3600), st.floats(0, 1))


@given(errors, st.integers(1, 12), st.floats(-100, 5000), policies, st.floats(0, 1))
def test_every_error_gets_a_verdict_and_a_retry_is_due_in_time(
    error: Exception, attempt: int, left: float, policy: Policy, chance: float
) -> None:
    verdict = judge(error, attempt, NOW, NOW + left, policy, chance=chance)
    assert isinstance(verdict, RetryAt | DeadLetter | Fail)
    if isinstance(verdict, RetryAt):
        assert attempt <= policy.retries
        assert NOW <= verdict.due < NOW + left
        assert verdict.due <= NOW + policy.cap + 1e-6


@given(errors, policies, st.floats(0, 1))
def test_no_record_is_tried_for_ever(error: Exception, policy: Policy, chance: float) -> None:
    verdicts = [judge(error, attempt, NOW, NOW + 1e9, policy, chance=chance) for attempt in range(1, 12)]
    assert sum(isinstance(verdict, RetryAt) for verdict in verdicts) <= policy.retries
    assert not isinstance(verdicts[-1], RetryAt)


def test_waits_double_from_the_base() -> None:
    dues = [judge(Transient(), attempt, NOW, NOW + 1e6, POLICY) for attempt in (1, 2, 3)]
    assert dues == [RetryAt(NOW + wait, "transient") for wait in (1, 2, 4)]


def test_jitter_spreads_a_wait_to_both_sides() -> None:
    early, late = (judge(Transient(), 1, NOW, NOW + 60, POLICY, chance=chance) for chance in (0.0, 1.0))
    assert early == RetryAt(NOW + 0.8, "transient")
    assert late == RetryAt(NOW + 1.2, "transient")


def test_a_server_that_names_its_time_is_not_asked_before() -> None:
    assert judge(Transient("", 30), 1, NOW, NOW + 60, POLICY) == RetryAt(NOW + 30, "transient")


def test_a_retry_that_would_come_after_the_deadline_expires_the_exam() -> None:
    verdict = judge(Transient(), 3, NOW, NOW + 3, POLICY)
    assert verdict == Fail(Status.EXPIRED, ErrorCode.DEADLINE_EXCEEDED)


def test_each_word_has_its_own_end() -> None:
    far = NOW + 1e6
    assert judge(Permanent(ErrorCode.ENCRYPTED_PDF), 1, NOW, far, POLICY) == Fail(
        Status.FAILED, ErrorCode.ENCRYPTED_PDF
    )
    assert judge(Cancelled(), 1, NOW, far, POLICY) == Fail(Status.CANCELLED)
    assert judge(Expired(), 1, NOW, far, POLICY) == Fail(Status.EXPIRED, ErrorCode.DEADLINE_EXCEEDED)
    assert judge(Invalid("x"), 1, NOW, far, POLICY) == DeadLetter("invalid")
    assert judge(CrashLooping(), 1, NOW, far, POLICY) == DeadLetter("crash_looping", ErrorCode.WORKER_CRASHED)
    assert judge(WorkerDied(), 4, NOW, far, POLICY) == DeadLetter("worker_died_exhausted", ErrorCode.WORKER_CRASHED)
    assert judge(ValueError(), 4, NOW, far, POLICY) == DeadLetter("unexpected_exhausted")
