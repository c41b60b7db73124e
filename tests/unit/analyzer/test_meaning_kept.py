"""Answers that differ from the key in one small sign that says something else: none of them is taken for the key's."""

import pytest

from contracts.equality import Match, compare

TWELVE = "1,2,3,4,5,6,7,8,9,10,11,12"


@pytest.mark.parametrize(
    ("answer", "key"),
    [("1,2,3,4,5,6,7,8,9,10,13,12", TWELVE), ("1,2,3,4,5,6,7,8,9,10", TWELVE), ("{1,2,3,4,5,6,7,8,9,10,11,13}", f"{{{TWELVE}}}"),
     ("或".join(f"x={i}" for i in range(2, 14)), "或".join(f"x={i}" for i in range(1, 13)))],
)  # fmt: skip
def test_every_value_of_a_long_list_counts(answer, key):
    assert not compare(answer, key).right
    assert compare(key.replace(",", "，"), key) is Match.SAME


@pytest.mark.parametrize("opening", ["因为水的蒸发吸热。" * 50, "because water boils " * 25, "x+1;" * 110])
def test_the_end_of_a_text_that_is_too_long_to_weigh_counts(opening):
    assert compare(opening + "所以降温", opening + "所以升温") is Match.DOUBTFUL
    assert compare(f"{opening}\n所以降温 ", f"{opening} 所以降温") is Match.SAME


@pytest.mark.parametrize(
    ("answer", "key"),
    [("记作5米", "记作-5米"), ("值为x", "值为-x"), ("坐标为(12,3)", "坐标为(1,23)"), ("为34", "为3，4"), ("35天", "3-5天"),
     ("比为1.2", "比为1:2"), ("面积为a+bc", "面积为(a+b)c"), ("绝对值x", "绝对值|x|"), ("点A", "点A'"), ("A'B", "A'B'")],
)  # fmt: skip
def test_signs_of_a_formula_among_words_are_not_idle(answer, key):
    assert not compare(answer, key).right
    assert not compare(key, answer).right


@pytest.mark.parametrize(
    ("answer", "key"),
    [("记作－5米", "记作-5米"), ("点（3，－2）", "点(3,-2)"), ("1949——1978年", "1949-1978年"), ("1,200元", "1200元"), ("第(3)题", "第3题"),
     ("A、B两点", "A，B两点"), ("①、③正确", "①③正确"), ("x²的值", "x^2的值"), ("2-丁烯", "2丁烯"), ("选'A'", "选A"), ("△A′B′C′", "△A'B'C'")],
)  # fmt: skip
def test_other_signs_among_words_are(answer, key):
    assert compare(answer, key) is Match.SAME


@pytest.mark.parametrize(
    ("answer", "key"),
    [("1", "1/2或1/3均可"), ("2)", "(1,2)或（3，2）均可"), ("x=1", "x=1,y=2或x=2,y=1均可"), ("BC", "BC/AB"), ("ab", "ab/cd"),
     ("元", "元/度"), ("人", "人/平方千米")],
)  # fmt: skip
def test_a_part_of_one_right_answer_is_none(answer, key):
    assert not compare(answer, key).right


@pytest.mark.parametrize(
    ("answer", "key"),
    [("1/3", "1/2或1/3均可"), ("(3,2)", "(1,2)或（3，2）均可"), ("x=2,y=1", "x=1,y=2或x=2,y=1均可"), ("5", "3、5或7均可"), ("7", "3、5或7均可"),
     ("color", "colour/color均可"), ("she", "he/she"), ("my", "my/our"), ("上", "上/下"), ("元/度", "元/度")],
)  # fmt: skip
def test_each_of_several_right_answers_is(answer, key):
    assert compare(answer, key) is Match.SAME


def test_what_cannot_be_parted_for_sure_is_left_to_a_teacher():
    assert compare("3", "3/5均可") is Match.DOUBTFUL


@pytest.mark.parametrize(
    ("answer", "key"),
    [("R1=10,R2=5", "R1=5,R2=10"), ("F₂=5", "F₁=5"), ("a₁=3，a₂=1", "a₁=1，a₂=3"), ("y1=3,y2=0.5", "y1=1/2,y2=3")],
)
def test_numbered_quantities_keep_their_values(answer, key):
    assert compare(answer, key) is Match.DOUBTFUL


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        ("x₁=3，x₂=1", "x₁=1，x₂=3"),
        ("R2=10,R1=5", "R1=5,R2=10"),
        ("y2=3,y1=0.5", "y1=1/2,y2=3"),
        ("m=2或m=-1", "m₁=2，m₂=-1"),
    ],
)
def test_roots_have_no_order_and_names_may_come_in_any(answer, key):
    assert compare(answer, key) is Match.SAME


def test_an_order_of_letters_is_not_another_order():
    assert compare("DBAC", "BDAC") is Match.DOUBTFUL
    assert compare("BDAC", "BDAC") is Match.SAME
    assert compare("CAB", "ABC") is Match.SAME  # a choice's letters
    assert compare("B,D,A,C", "BDAC") is Match.SAME


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        ("4x/8", "x/2"),
        ("2×3x", "6x"),
        ("x²/x", "x"),
        ("x·x", "x²"),
        ("y=6x/3", "y=2x"),
        ("2 2/4", "2 1/2"),
        ("1 4/2", "3"),
    ],
)
def test_what_is_left_to_compute_is_for_a_teacher(answer, key):
    assert compare(answer, key) is Match.EQUIVALENT


@pytest.mark.parametrize(
    ("answer", "key"),
    [("3x/2", "1.5x"), ("x·2y", "2xy"), ("½x", "x/2"), ("4πr³/3", "(4πr³)/3"), ("2×3x", "2×3x"), ("2 1/2", "2.5")],
)  # fmt: skip
def test_what_is_not_is_right(answer, key):
    assert compare(answer, key) is Match.SAME


@pytest.mark.parametrize(
    ("answer", "key"),
    [("三百五", "305"), ("一千五十", "1050"), ("五三十", "30"), ("三万五", "30005"), ("一千五十", "一千零五十")],
)
def test_a_numeral_that_nobody_writes_is_no_number(answer, key):
    assert not compare(answer, key).right


@pytest.mark.parametrize(
    ("answer", "key"),
    [("三百零五", "305"), ("三百五十", "350"), ("一千零五十", "1050"), ("十五", "15"), ("三万零五", "30005"), ("一亿二千万", "120000000"),
     ("一万亿", "10^12"), ("千分之三", "3‰"), ("零", "0"), ("百分之五", "5%"), ("二〇二五年", "2025年")],
)  # fmt: skip
def test_a_numeral_that_is_written_so_is(answer, key):
    assert compare(answer, key) is Match.SAME


def test_figures_for_a_key_in_words_are_for_a_teacher():
    assert compare("305", "三百零五") is Match.EQUIVALENT


@pytest.mark.parametrize(("answer", "key"), [("晚上12时", "中午12时"), ("凌晨12点", "中午12点"), ("上午15时", "15:00")])
def test_midnight_is_not_noon_and_no_morning_has_fifteen_hours(answer, key):
    assert not compare(answer, key).right


def test_a_remainder_is_no_decimal():
    assert not compare("3.1", "3…1").right
    assert compare("3……1", "3…1") is Match.SAME


@pytest.mark.parametrize(("answer", "key"), [("teachers", "teachers'"), ("the boys room", "the boys’ room")])
def test_a_possessive_without_its_sign_is_for_a_teacher(answer, key):
    assert compare(answer, key) is Match.DOUBTFUL
    assert compare("'boys'", "boys") is Match.SAME


def test_millimetres_are_no_square_metres():
    assert not compare("47m²", "47mm").right
    assert not compare("47mm", "47m²").right
    assert compare("2mh", "2hm") is Match.SAME  # letters of algebra
    assert compare("20W", "20°W") is Match.EQUIVALENT  # a longitude without its small ring, no power


@pytest.mark.parametrize(
    ("answer", "key"), [("一5", "15"), ("一x>1", "x>1"), ("一C", "C"), ("一x", "x"), ("三5", "35")]
)
def test_a_minus_that_was_read_as_the_word_for_one_is_no_one(answer, key):
    assert not compare(answer, key).right


@pytest.mark.parametrize(
    ("answer", "key"),
    [("一个", "1个"), ("三kg", "3千克"), ("二十五", "25"), ("三点五米", "3.5m")],
)
def test_a_numeral_before_its_unit_is_a_number(answer, key):
    assert compare(answer, key) is Match.SAME


@pytest.mark.parametrize(
    ("answer", "key"), [("ab", "-ab"), ("-xyz", "xyz"), ("aa", "Aa"), ("aabb", "AaBb"), ("Ab", "ab"), ("Bb", "bb")]
)
def test_products_and_genes_are_no_words(answer, key):
    assert not compare(answer, key).right
    assert not compare(key, answer).right


@pytest.mark.parametrize(
    ("answer", "key"),
    [("in", "In"), ("It’s", "it is"), ("up to", "Up to"), ("-ed", "-ed"), ("a.m.", "am")],
)
def test_short_words_are(answer, key):
    assert compare(answer, key) is Match.SAME


def test_factors_of_a_product_have_no_order():
    assert compare("ba", "ab").right


@pytest.mark.parametrize(("answer", "key"), [("3Na⁺", "2Na⁺"), ("2Na", "2Na⁺"), ("2SO3²⁻", "2SO4²⁻"), ("Na⁺", "2Na⁺")])
def test_the_number_of_ions_counts(answer, key):
    assert compare(answer, key) is Match.DIFFERENT
    assert compare(key.translate(str.maketrans("⁺⁻²", "+-2")), key).right  # however its charge is written


def test_the_ethyl_group_may_be_written_in_two_ways():
    assert compare("C2H5OH", "CH3CH2OH") is Match.EQUIVALENT
    assert compare("HCOOCH3", "CH3COOH") is Match.DIFFERENT


@pytest.mark.parametrize(
    ("answer", "key"),
    [("x<- or x>3", "x<-1 or x>3"), ("x= and y=2", "x=1 and y=2"), ("y=2x+ or y=-2x+5", "y=2x+1 or y=-2x+5")],
)
def test_the_letters_of_or_and_and_are_no_factors(answer, key):
    assert compare(answer, key) is Match.DIFFERENT


def test_letters_of_a_name_are_no_factors():
    assert compare("NDA", "DNA") is Match.DOUBTFUL
    assert compare("BA", "AB").right  # a segment


def test_a_lone_second_root_may_be_a_square_whose_exponent_came_down():
    assert compare("x2=3", "x=3") is Match.DOUBTFUL
    assert compare("x=3", "x2=3") is Match.DOUBTFUL
    assert compare("x1=x2=3", "x=3").right
    assert compare("x1=3,x2=-3", "x=±3").right


def test_more_than_behind_a_number_adds_and_behind_a_letter_compares():
    assert not compare("3 more than x", "x<3").right
    assert not compare("3 less than x", "x>3").right
    assert compare("x more than 3", "x>3").right
    assert compare("3 is more than x", "x<3").right


@pytest.mark.parametrize(
    ("answer", "key"),
    [("法国", "1789年（法国）"), ("慢", "快（慢）"), ("A", "苹果（A）"), ("ABD", "全选（ABD）"), ("压强", "（大气）压强"), ("12", "1 2"), ("1,2", "1 2"),
     ("eF", "Fe"), ("1g/cm³", "g/cm³"), ("J/kg·℃", "J/(kg·℃)"), ("UK", "UK/US")],
)  # fmt: skip
def test_what_only_the_teacher_knows_to_be_meant_is_neither_right_nor_wrong(answer, key):
    assert compare(answer, key) is Match.DOUBTFUL


@pytest.mark.parametrize(
    ("answer", "key"),
    [("H2O", "水（H2O）"), ("水", "水（H2O）"), ("DNA", "脱氧核糖核酸（DNA）"), ("cm", "厘米（cm）"), ("周树人", "鲁迅（或周树人）"), ("1789年", "1789年（法国）"),
     ("10000", "10 000")],
)  # fmt: skip
def test_a_bracket_that_says_the_same_again_is_an_answer(answer, key):
    assert compare(answer, key) is Match.SAME
