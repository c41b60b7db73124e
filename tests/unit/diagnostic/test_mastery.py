"""What the model of mastery promises."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.diagnostic.core.curves import Curve
from services.diagnostic.core.mastery import Observation
from services.diagnostic.core.mastery import estimate as estimate_of


def estimate(pairs):
    return estimate_of({code: [Observation(*each) for each in rows] for code, rows in pairs.items()})


curve = st.builds(Curve, st.floats(0.2, 3), st.floats(-3, 3), st.sampled_from([0.0, 0.25, 0.5]))
pair = st.tuples(st.floats(0, 1), st.floats(0.1, 3), curve)
evidence = st.dictionaries(st.sampled_from("abcdef"), st.lists(pair, min_size=1, max_size=8), min_size=1)


@settings(deadline=None, max_examples=60)
@given(evidence)
def test_the_interval_contains_the_mean_and_stays_within_0_and_1(pairs):
    for row in estimate(pairs).values():
        assert 0 <= row.low <= row.mean <= row.high <= 1


@settings(deadline=None, max_examples=60)
@given(evidence, st.data())
def test_one_more_right_answer_never_lowers_the_mastery_of_any_point(pairs, data):
    code = data.draw(st.sampled_from(sorted(pairs)))
    weight = data.draw(st.floats(0.1, 3))
    before = estimate(pairs)
    after = estimate({**pairs, code: [*pairs[code], (1.0, weight)]})
    for name, row in before.items():
        assert after[name].mean >= row.mean - 1e-4  # the rounding's last digit
    assert after[code].low >= before[code].low - 1e-4


@settings(deadline=None, max_examples=60)
@given(evidence, st.data())
def test_a_wrong_answer_turned_right_raises_its_point(pairs, data):
    code = data.draw(st.sampled_from(sorted(pairs)))
    wrong = estimate({**pairs, code: [*pairs[code], (0.0, 1.0)]})
    right = estimate({**pairs, code: [*pairs[code], (1.0, 1.0)]})
    assert right[code].mean > wrong[code].mean


def test_a_point_asked_once_leans_on_the_rest_of_the_paper():
    good = estimate({"once": [(0.0, 1.0)], "rest": [(1.0, 1.0)] * 12})
    poor = estimate({"once": [(0.0, 1.0)], "rest": [(0.0, 1.0)] * 12})
    assert good["once"].mean > poor["once"].mean + 0.2


def test_more_questions_narrow_the_interval():
    def width(count):
        row = estimate({"a": [(1.0, 1.0), (0.0, 1.0)] * count})["a"]
        return row.high - row.low

    assert width(20) < width(4) < width(1)


def test_one_paper_leaves_the_intervals_wide():
    row = estimate({"a": [(1.0, 1.0), (0.0, 1.0)], "b": [(1.0, 1.0)] * 8})["a"]
    assert row.high - row.low > 0.4
