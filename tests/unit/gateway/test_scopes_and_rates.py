"""Scopes by route, and token buckets: pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.api.application import openapi_document
from services.gateway.core.scopes import Scope, allowed, required
from services.gateway.limits.rates import WINDOW, Rate, Standing, class_of, take

SAFE = {"GET", "HEAD"}
PUBLIC: set[str] = set()


def routes() -> list[tuple[str, str]]:
    paths = openapi_document()["paths"]
    return [(method.upper(), path) for path, item in paths.items() for method in item if method != "parameters"]


def test_no_route_lacks_a_scope() -> None:
    lacking = [route for route in routes() if required(*route) is None and route[1] not in PUBLIC]
    assert lacking == [], "name the scope in core/scopes.py"


def test_the_description_says_which_scope_each_call_asks_for() -> None:
    for path, item in openapi_document()["paths"].items():
        for method, operation in item.items():
            assert {"ApiKey": [required(method.upper(), path)]} in operation["security"], (method, path)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/api/v1/exams/{exam_id}/result", Scope.EXAMS_READ),
        ("WS", "/exams/{exam_id}/ws", Scope.EXAMS_READ),
        ("POST", "/exams", Scope.EXAMS_WRITE),
        ("POST", "/exams/{exam_id}/tickets", Scope.EXAMS_READ),
        ("DELETE", "/exams/{exam_id}", Scope.EXAMS_DELETE),
        ("PATCH", "/exams/{exam_id}/questions/{number}", Scope.REVIEW),
        ("PUT", "/templates/{template_id}", Scope.TEMPLATES),
        ("GET", "/usage", Scope.USAGE),
        ("GET", "/unheard-of", None),
        ("GET", "", None),
    ],
)
def test_a_route_asks_for_its_scope_by_the_template_of_its_path(method: str, path: str, scope: Scope | None) -> None:
    assert required(method, path) is scope


def test_admin_is_everything_that_has_a_scope_and_a_route_without_one_is_nobodys() -> None:
    assert all(allowed(frozenset({"admin"}), scope) for scope in Scope)
    assert not allowed(frozenset({"admin"}), None)
    assert not allowed(frozenset({"exams:read"}), Scope.EXAMS_WRITE)


def test_uploads_reads_and_writes_have_buckets_of_their_own() -> None:
    assert class_of("POST", "/api/v1/exams") == class_of("POST", "/batches") == "upload"
    assert class_of("GET", "/exams") == "read"
    assert class_of("POST", "/exams/{exam_id}/cancel") == "write"


@given(
    quota=st.integers(1, 1000),
    gaps=st.lists(st.floats(0, 3 * WINDOW, allow_nan=False), max_size=200),
)
def test_a_bucket_never_gives_more_than_its_quota_and_what_flowed_in(quota: int, gaps: list[float]) -> None:
    rate, tokens, given_out = Rate("read", quota), None, 0
    for gap in gaps:
        standing = take(rate, tokens, gap)
        assert 0 <= standing.tokens <= quota
        tokens, given_out = standing.tokens, given_out + standing.taken
    assert given_out <= quota + sum(gaps) * rate.per_second + 1e-6


def test_an_answer_says_the_policy_what_is_left_and_when_to_come_again() -> None:
    rate = Rate("upload", 60)
    last = Standing(rate, taken=True, tokens=0.5)
    assert last.headers == {"RateLimit-Policy": '"upload";q=60;w=60', "RateLimit": '"upload";r=0;t=60'}
    assert Standing(rate, taken=False, tokens=0.5).retry_after == 1
    assert Standing(Rate("upload", 1), taken=False, tokens=0.0).retry_after == WINDOW
