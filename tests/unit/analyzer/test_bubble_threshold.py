"""The fill from which a card's bubbles are marked."""

import random
import time

import pytest

from services.analyzer.core.bubbles import threshold
from tests.unit.analyzer.analyzer_build import bubbles, reading


def card(rows: int, seed: int = 1):
    rng = random.Random(seed)
    return reading(
        cards=[b for i in range(rows) for b in bubbles([rng.choice([0.1, 0.15, 0.2, 0.8, 0.9]) for _ in "ABCD"], i)]
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_threshold_parts_marked_from_unmarked(seed):
    found = threshold(card(40, seed).pages[0])
    assert 0.2 < found.at < 0.8
    assert found.empty == pytest.approx(0.15, abs=0.02)
    assert found.full == pytest.approx(0.85, abs=0.02)


def test_a_large_card_takes_milliseconds_for_each_question():
    page = card(1000).pages[0]
    started = time.process_time()
    threshold(page)
    assert (
        time.process_time() - started < 0.03
    )  # each of its questions asks twice; 0.1 s where every cut sums all fills anew
