"""Course texts as schools have them; ours."""

CHINESE = """\
# 第三章 一元一次方程（8课时）

## 3.1 等式的性质
含有等号的式子叫做等式。等式两边加同一个数，结果仍相等。

## 3.2 方程的概念
含有未知数的等式叫做**方程**。

## 3.3 解一元一次方程
在等式的性质的基础上，我们学习移项。所谓移项，是指把等式一边的某项变号后移到另一边。

### 3.3.1 合并同类项
### 3.3.2 去括号与去分母

## 3.4 实际问题
列方程时先设未知数，再根据等量关系列出方程，最后用移项求解。

## 习题
1. 解方程 3x+2=8。
"""

ENGLISH = """\
Unit 2: Linear functions

1.1 Ratios and rates
A ratio is defined as a comparison of two quantities. A rate that compares to one unit is called a unit rate.

1.2 Slope
Prerequisites: ratios and rates, coordinate plane
The steepness of a line is called slope. Slope builds on unit rates.

1.3 Slope-intercept form
We use slope and the intercept.

Exercises
1. Find the slope of the line.
"""
