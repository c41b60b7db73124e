"""Every figure is the one that another formula, in another library, gives for the same class."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from services.gateway.classreport.core.compose import About, compose
from services.gateway.classreport.core.document import ClassReport
from services.gateway.classreport.core.quantiles import f_quantile, t_quantile, wilson
from services.gateway.classreport.core.scale import tails
from tests.unit.gateway.classreport.made_class import Made, made

ABOUT = About("b", None, "math", 7, "score", papers=40, not_completed=0, other=0, unreadable=0)
NEAR = {"rel": 1e-9, "abs": 1e-9}


def report_of(one: Made, **changes: object) -> ClassReport:
    return compose(About(**{**vars(ABOUT), **changes}), one.sittings)  # type: ignore[arg-type]


@given(p=st.floats(0.01, 0.99), d1=st.integers(1, 600), d2=st.integers(3, 40_000))
@settings(max_examples=60, deadline=None)
def test_quantiles_are_those_of_scipy(p: float, d1: int, d2: int) -> None:
    assert f_quantile(p, d1, d2) == pytest.approx(stats.f.ppf(p, d1, d2), rel=1e-8)
    assert t_quantile(0.975, d1) == pytest.approx(stats.t.ppf(0.975, d1), rel=1e-9)


@given(n=st.integers(1, 500), k=st.integers(0, 500))
@settings(max_examples=100, deadline=None)
def test_wilson_is_that_of_scipy(n: int, k: int) -> None:
    k = min(k, n)
    expected = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
    assert wilson(k, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_items_equal_a_recomputation_with_numpy(seed: int) -> None:
    one = made(seed, students=25 + seed * 7)
    report = report_of(one)
    points, total = one.points, one.points.sum(axis=1)
    n = len(total)
    size = int(0.27 * n + 0.5)
    for i, item in enumerate(report.items):
        assert item.facility == pytest.approx(one.shares[:, i].mean(), **NEAR)
        rest = total - points[:, i]
        assert item.point_biserial == pytest.approx(np.corrcoef(points[:, i], rest)[0, 1], **NEAR)
        # Over all orders of tied students, the mean facility of the first `size` and of the last.
        upper, lower = _group_mean(one.shares[:, i], total, size), _group_mean(one.shares[:, i], -total, size)
        assert item.discrimination == pytest.approx(upper - lower, **NEAR)


def _group_mean(values: np.ndarray, total: np.ndarray, size: int) -> float:
    """By giving everybody of a tied group the mean of the group, and then cutting by any order."""
    means = np.array([values[np.isclose(total, t)].mean() for t in total])
    return float(means[np.argsort(-total, kind="stable")][:size].mean())


@pytest.mark.parametrize("seed", range(12))
def test_reliability_equals_a_recomputation_from_the_analysis_of_variance(seed: int) -> None:
    one = made(seed, students=20 + seed * 9)
    found = report_of(one).reliability
    assert found is not None
    n, k = one.points.shape
    # Hoyt: alpha is 1 - MS(residual) / MS(persons), which shares no term with Cronbach's formula.
    grand, persons, items = one.points.mean(), one.points.mean(axis=1), one.points.mean(axis=0)
    ms_persons = k * ((persons - grand) ** 2).sum() / (n - 1)
    residual = one.points - persons[:, None] - items[None, :] + grand
    ms_residual = (residual**2).sum() / ((n - 1) * (k - 1))
    alpha = 1 - ms_residual / ms_persons
    assert found.alpha == pytest.approx(alpha, **NEAR)
    assert found.sem == pytest.approx(one.points.sum(axis=1).std(ddof=1) * np.sqrt(1 - alpha), **NEAR)
    f = stats.f((n - 1), (n - 1) * (k - 1))
    expected = (1 - (1 - alpha) * f.ppf(0.975), 1 - (1 - alpha) * f.ppf(0.025))
    assert (found.interval.low, found.interval.high) == pytest.approx(expected, **NEAR)


def test_for_right_or_wrong_items_alpha_is_kr20() -> None:
    one = made(3, written=0)
    found = report_of(one).reliability
    right = one.shares
    p = right.mean(axis=0)
    k = right.shape[1]
    kr20 = k / (k - 1) * (1 - (p * (1 - p)).sum() / right.sum(axis=1).var())
    assert found is not None
    assert found.alpha == pytest.approx(kr20, **NEAR)


@pytest.mark.parametrize("seed", range(6))
def test_distribution_and_knowledge_points_equal_a_recomputation(seed: int) -> None:
    one = made(seed, students=33)
    report = report_of(one)
    share = one.points.sum(axis=1) / one.maxima.sum()
    assert report.distribution is not None
    figures = (report.distribution.mean, report.distribution.sd, report.distribution.median)
    assert figures == pytest.approx((share.mean(), share.std(ddof=1), np.median(share)), **NEAR)
    assert report.distribution.quartiles == pytest.approx(tuple(np.quantile(share, [0.25, 0.75])), **NEAR)
    assert (report.distribution.lowest, report.distribution.highest) == pytest.approx((share.min(), share.max()))
    assert sum(b.count for b in report.distribution.bins) == sum(b.count for b in report.distribution.bands) == 33
    for point in report.knowledge_points:
        mine = [i for i in range(len(one.maxima)) if f"k{i % 5}" == point.code]
        values = one.points[:, mine].sum(axis=1) / one.maxima[mine].sum()
        assert point.mean == pytest.approx(values.mean(), **NEAR)
        low, high = stats.t.interval(0.95, 32, values.mean(), stats.sem(values))
        assert point.interval is not None
        assert (point.interval.low, point.interval.high) == pytest.approx((max(0, low), min(1, high)), **NEAR)
        assert point.classes["7-2"] == pytest.approx(values[1::2].mean(), **NEAR)


@pytest.mark.parametrize("seed", range(6))
def test_distractor_tables_equal_a_recomputation(seed: int) -> None:
    one = made(seed, students=37)
    report = report_of(one)
    total = one.points.sum(axis=1)
    for i, item in enumerate(report.items[: len(one.keys)]):
        rest = total - one.points[:, i]
        for option in item.options:
            took = np.array([float(one.answers[s][i] == option.label) for s in range(37)])
            assert (option.count, option.share) == (took.sum(), pytest.approx(took.mean()))
            assert option.key == (option.label == one.keys[i])
            if took.any():
                assert option.r == pytest.approx(np.corrcoef(took, rest)[0, 1], **NEAR)
            assert option.upper == pytest.approx(_group_mean(took, rest, 10), **NEAR)
            assert option.lower == pytest.approx(_group_mean(took, -rest, 10), **NEAR)


def test_what_was_not_graded_is_missing_and_never_zero() -> None:
    one = made(5, students=60, gaps=0.02)
    report = report_of(one)
    for i, item in enumerate(report.items):
        column = one.shares[:, i]
        assert item.facility == pytest.approx(np.nanmean(column), **NEAR)
        assert (item.graded, item.missing) == (np.isfinite(column).sum(), np.isnan(column).sum())
    found = report.reliability
    assert found is not None
    kept = [int(number) - 1 for number in found.items]
    complete = np.isfinite(one.shares[:, kept]).all(axis=1)
    assert found.students == complete.sum() >= 0.8 * 60
    covariance = np.cov(one.points[complete][:, kept].T)
    k = len(kept)
    assert found.alpha == pytest.approx(k / (k - 1) * (1 - np.trace(covariance) / covariance.sum()), **NEAR)
    assert {*found.items, *found.left_out} == {item.number for item in report.items}


@given(totals=st.lists(st.integers(0, 8), min_size=1, max_size=60))
@settings(max_examples=200, deadline=None)
def test_the_tails_hold_27_percent_whoever_is_tied(totals: list[int]) -> None:
    upper, lower = tails([float(total) for total in totals])
    size = max(1, int(0.27 * len(totals) + 0.5))
    assert sum(upper) == pytest.approx(size)
    assert sum(lower) == pytest.approx(size)
    assert all(u + low <= 1 + 1e-9 or len(totals) == 1 for u, low in zip(upper, lower, strict=True))
    for a, ua in zip(totals, upper, strict=True):
        for b, ub in zip(totals, upper, strict=True):
            assert (a <= b) or ua >= ub
            assert a != b or ua == ub
