"""What is made of first looks, and when none are begun."""

import asyncio
from pathlib import Path

import pytest

from contracts.errors import ErrorCode
from contracts.opening import Look, PageAdvice
from services.gateway.core.advice import CODES, sentence
from services.gateway.core.problems import Problem
from services.gateway.looks.watch import Advice, Looks, advice_of, refuse

BLURRED = PageAdvice(page=1, code="blurred")
JPEG, PDF = "image/jpeg", "application/pdf"


def look(pages: int = 1, *advice: PageAdvice, looked: int | None = None) -> Look:
    return Look(pages=pages, looked=pages if looked is None else looked, advice=advice)


def test_pages_are_counted_over_all_files() -> None:
    looks = {1: look(3), 2: look(1, BLURRED), 3: look(2, PageAdvice(page=2, code="dark"))}
    found, complete = advice_of(looks, [PDF, JPEG, PDF])
    assert found == [Advice(2, 4, "blurred"), Advice(3, 6, "dark")]
    assert complete


def test_a_photo_that_was_not_looked_at_is_one_page_and_a_pdf_is_nobody_knows_how_many() -> None:
    assert advice_of({2: look(1, BLURRED)}, [JPEG, JPEG]) == ([Advice(2, 2, "blurred")], False)
    assert advice_of({2: look(1, BLURRED)}, [PDF, JPEG]) == ([Advice(2, None, "blurred")], False)


def test_pages_left_out_for_time_are_said_to_be() -> None:
    assert advice_of({1: look(40, looked=12)}, [PDF]) == ([], False)


def test_the_first_file_that_cannot_be_read_is_refused_by_number() -> None:
    refuse({1: look()})
    with pytest.raises(Problem) as caught:
        refuse({1: look(), 3: Look(code=ErrorCode.ENCRYPTED_PDF), 2: Look(code=ErrorCode.IMAGE_TOO_LARGE)})
    assert (caught.value.code.value, caught.value.extra["file"]) == ("image_too_large", 2)


def test_codes_that_are_no_fault_of_the_file_refuse_nothing() -> None:
    refuse({1: Look(code=ErrorCode.INTERNAL), 2: Look(code=ErrorCode.STAGE_TIMEOUT)})


@pytest.mark.parametrize("code", CODES)
def test_every_advice_is_said_in_both_languages_with_and_without_a_page(code: str) -> None:
    said = {sentence(code, page, 2, locale) for page in (7, None) for locale in ("zh-CN", "en")}  # type: ignore[arg-type]
    assert len(said) == 4
    assert sum("7" in one for one in said) == 2


async def test_a_machine_too_busy_for_looks_is_left_alone_for_longer_each_time() -> None:
    looks, pauses = Looks("/nowhere", 1), []
    for in_time in (False, False, False, True, False, *[False] * 9):
        looks.came(in_time=in_time)
        pauses.append(round(looks._until - asyncio.get_running_loop().time()))
    assert pauses == [1, 2, 4, 0, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30]
    assert await looks.begin(0.0) is None


async def test_an_opener_that_is_not_there_takes_no_place(tmp_path: Path) -> None:
    looks = Looks(str(tmp_path / "none.sock"), 1)
    assert [await looks.begin(0.0) for _ in range(3)] == [None] * 3
