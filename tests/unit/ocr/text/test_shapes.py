"""Signs put right where only one of their shape can stand, and left alone where another may."""

import pytest

from contracts.artefacts.reading import Line, Spot
from services.ocr.core.shapes import mended, told
from services.ocr.core.simplified import folded, is_simplified

BOX = ((0.0, 0.0), (100.0, 0.0), (100.0, 20.0), (0.0, 20.0))
PRINT = "下列实验中说法错误的是，请说明这样做对温度计读数产生的影响"


def line(text: str, confidence: float = 0.9) -> Line:
    count = len(text)
    xs = tuple(100 * (index + 0.5) / count for index in range(count))
    return Line(text=text, confidence=confidence, box=BOX, xs=xs, confidences=(confidence,) * count)


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("(1)所r≤100kg", "(1)所以100kg"),
        ("卖出这22筐可r卖2309元", "卖出这22筐可以卖2309元"),
        ("解：(7)400cm3", "解：(1)400cm3"),
        ("解：(n)空心的", "解：(1)空心的"),
        ("(2) (20m", "(2) 120m"),
        ("解：(1)(km，向东", "解：(1)1km，向东"),
        ("lcm", "1cm"),
        ("学号：202S061S", "学号：20250615"),
        ("9(s)班", "9(5)班"),
        ("S(2)班", "5(2)班"),
        ("这S袋大米", "这5袋大米"),
        ("S千克苹果", "5千克苹果"),
        ("(2) -S或3", "(2) -5或3"),
        ("A|203", "Al2O3"),
        ("含有的A1203属于", "含有的Al2O3属于"),
        ("MgC12", "MgCl2"),
        ("NaC1溶液", "NaCl溶液"),
        ("C02", "CO2"),
        ("H20", "H2O"),
    ],
)
def test_a_sign_is_put_right_where_only_one_can_stand(read: str, meant: str) -> None:
    assert told(read) == meant


@pytest.mark.parametrize(
    "text",
    [
        "若3S3=S2+S4",
        "S3+3S2=0",
        "求S的值，S=vt",
        "汽车行驶S千米，用t小时",
        "面积为S平方米，其中有2S个",
        "1-S1-S2",
        "所求r≤5",
        "半径r<3，可取r=2",
        "(2) (2a+b)(a-b)",
        "(1)(3分)",
        "A1(2,3)，A1B1C1",
        "A12路车",
        "C60",
        "10s",
        "120s",
        "t=1500s内",
        "3600S",
        "0.046m3",
        "x1m",
        "|a|203",
        "S=20",
        "解：(2)7",
        "H2SO4",
        "12C13",
        "2018",
    ],
)
def test_what_may_be_meant_is_left_alone(text: str) -> None:
    assert told(text) == text


def test_characters_keep_their_places_when_two_become_one() -> None:
    (found,), _ = mended([line("所r≤2kg")], [])
    before = line("所r≤2kg").xs
    assert found.text == "所以2kg"
    assert found.xs == (before[0], (before[1] + before[2]) / 2, *before[3:])
    assert len(found.confidences) == len(found.text)
    assert found.confidence < 0.9


def test_a_text_layer_is_left_as_it_is() -> None:
    layer = line("设A|203", confidence=1.0)
    assert mended([layer], [])[0] == [layer]


def test_traditional_characters_fold_on_a_page_in_simplified_ones_only() -> None:
    written = line("环境；不可遺传")
    assert mended([line(PRINT), written], [])[0][1].text == "环境；不可遗传"
    assert mended([line("環境與遺傳的關係說明"), written], [])[0][1].text == written.text


def test_views_of_a_place_that_become_the_same_add_up() -> None:
    spot = Spot(kind="rule", box=(0, 0, 9, 9), ink=0.5, text="假命題", candidates={"假命題": 0.5, "假命题": 0.25})
    _, (found,) = mended([line(PRINT)], [spot])
    assert found.text == "假命题"
    assert found.candidates == {"假命题": 0.75}


def test_characters_with_one_form_in_use_in_simplified_texts_fold() -> None:
    assert folded("18.5昇，3立方釐米，開戰，由於") == "18.5升，3立方厘米，开战，由于"


def test_characters_in_use_in_simplified_texts_do_not_fold() -> None:
    assert folded("乾坤，著名，瞭望，藉口") == "乾坤，著名，瞭望，藉口"
    assert not is_simplified(["山水日月"])


def test_guessed_characters_keep_their_places_when_two_before_them_become_one() -> None:
    line = Line(text="所r≤分子", confidence=0.9, box=BOX, xs=(1, 2, 3, 4, 5), confidences=(0.9,) * 5, guessed=(3,))
    (told,), _ = mended([line], [])
    assert (told.text, told.guessed) == ("所以分子", (2,))
