"""The few distributions that the intervals need; scipy would be 100 MB for three functions."""

import math
from statistics import NormalDist

Z95 = NormalDist().inv_cdf(0.975)
_TINY = 1e-300
_STEPS = 500


def wilson(successes: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a proportion.

    With partial credit, `successes` is a sum of shares; their variance is at most p(1 - p), so it errs on the wide side.
    """
    p, z2 = successes / n, Z95**2
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * math.sqrt(max(0.0, p * (1 - p) / n + z2 / (4 * n * n)))
    return max(0.0, middle - half), min(1.0, middle + half)


def f_quantile(p: float, d1: float, d2: float) -> float:
    """The p-quantile of the F distribution with d1 and d2 degrees of freedom."""
    x = _beta_quantile(p, d1 / 2, d2 / 2)
    return d2 * x / (d1 * (1 - x))


def t_quantile(p: float, df: float) -> float:
    """The p-quantile, p > 0.5, of Student's t: the square root of F's with 1 and df degrees of freedom."""
    return math.sqrt(f_quantile(2 * p - 1, 1, df))


def _beta_quantile(p: float, a: float, b: float) -> float:
    """By bisection: the function rises, and 200 halvings are below the last digit."""
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        if beta_cdf(middle, a, b) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta_cdf(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast on the other side only
        return 1 - beta_cdf(1 - x, b, a)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(front) / a / _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction's denominator, by Lentz's method."""
    f = c = 1.0
    d = 0.0
    for m in range(_STEPS):
        for numerator in _numerators(m, x, a, b):
            d = 1 + numerator * d
            d = 1 / (d if abs(d) > _TINY else _TINY)
            c = 1 + numerator / c
            c = c if abs(c) > _TINY else _TINY
            f *= c * d
        if abs(c * d - 1) < 1e-16:
            break
    return f


def _numerators(m: int, x: float, a: float, b: float) -> tuple[float, float]:
    """Those of the odd and the following even step."""
    odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    even = (m + 1) * (b - m - 1) * x / ((a + 2 * m + 1) * (a + 2 * m + 2))
    return odd, even
