"""Which topics a branch of the bank is told to, and how a reader's judgement is weighed."""

import numpy as np
import pytest

from bench.tagger import judged
from scripts.train_tagger import Bank, topics


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ("应用题模块->间隔问题->直线型两端都没有->剪绳子", ["典型应用题"]),
        ("计数模块->枚举法综合->整数分拆->整数拆分应用", ["计数、概率与统计"]),
        ("组合模块->组合模块最值问题->多数之积的最值->拆分数的数目确定", ["推理与策略"]),
        ("函数->反比例函数", ["函数"]),
        ("式->整式的乘除->幂的运算->零指数幂", ["代数式"]),
        ("有理数->数的特征->因数和倍数", ["整除、余数与周期"]),
        ("直线和圆的方程->直线与方程->直线的一般式方程", ["解析几何"]),
        ("方程与不等式->一元一次方程->一元一次方程的行程问题", ["方程与方程组", "行程"]),
    ],
)
def test_a_branch_is_told_to_the_topic_that_its_deepest_telling_name_means(route: str, expected: list[str]) -> None:
    assert topics({"knowledge_routes": [f"拓展思维->知识点->{route}"]}) == expected


def test_branches_of_thought_or_ability_name_no_topic() -> None:
    assert topics({"knowledge_routes": ["拓展思维->思想->方程思想", "课内体系->能力->运算能力"]}) == []


def test_a_sample_that_agrees_with_the_bank_too_often_is_weighted_down() -> None:
    ids = [str(n) for n in range(10)]
    targets = np.eye(2)[[0, 0, 0, 1, 1, 1, 0, 0, 0, 0]]
    p = np.array([[0.9, 0.1]] * 6 + [[0.6, 0.4]] * 4)  # the surest six: three agree with the bank
    bank = Bank([""] * 10, [""] * 10, targets, np.arange(10), ["a", "b"], ids)
    found = judged(p, bank, {"0": ["a"], "1": ["a"], "2": ["a"], "3": ["b"]})
    assert found["read"] == 4
    assert found["right"] == pytest.approx(0.5)  # 3 of the 4 read, but only half agree in all
    assert found["bank right"] == 1.0
