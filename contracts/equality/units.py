"""Units: their dimensions and factors, in SI signs, Chinese and English words."""

import re
from fractions import Fraction

_SPELLED = (
    ("平方千米", "km^2"), ("平方公里", "km^2"), ("平方分米", "dm^2"), ("平方厘米", "cm^2"), ("平方毫米", "mm^2"), ("平方米", "m^2"),
    ("立方分米", "dm^3"), ("立方厘米", "cm^3"), ("立方毫米", "mm^3"), ("立方米", "m^3"), ("公顷", "ha"),
    ("千米", "km"), ("公里", "km"), ("分米", "dm"), ("厘米", "cm"), ("毫米", "mm"), ("微米", "um"), ("纳米", "nm"), ("米", "m"),
    ("千克", "kg"), ("公斤", "kg"), ("毫克", "mg"), ("斤", "jin"), ("克", "g"), ("吨", "t"), ("毫升", "mL"), ("升", "L"),
    ("小时", "h"), ("分钟", "min"), ("毫秒", "ms"), ("秒钟", "s"), ("秒", "s"), ("千瓦时", "kWh"), ("千瓦", "kW"), ("瓦特", "W"),
    ("瓦", "W"), ("千焦", "kJ"), ("焦耳", "J"), ("焦", "J"), ("牛顿", "N"), ("牛", "N"), ("千帕", "kPa"), ("帕斯卡", "Pa"),
    ("帕", "Pa"), ("千伏", "kV"), ("毫伏", "mV"), ("伏特", "V"), ("伏", "V"), ("毫安", "mA"), ("安培", "A"), ("安", "A"),
    ("千欧", "kΩ"), ("欧姆", "Ω"), ("欧", "Ω"), ("千赫", "kHz"), ("赫兹", "Hz"), ("赫", "Hz"), ("摩尔", "mol"), ("摄氏度", "℃"),
    ("星期", "week"), ("周", "week"), ("天", "day"), ("日", "day"), ("块钱", "元"), ("人民币", "元"), ("每", "/"), ("时", "h"),
    ("kilometres", "km"), ("kilometers", "km"), ("centimetres", "cm"), ("centimeters", "cm"), ("metres", "m"),
    ("meters", "m"), ("metre", "m"), ("meter", "m"), ("kilograms", "kg"), ("kilogram", "kg"), ("grams", "g"),
    ("gram", "g"), ("litres", "L"), ("liters", "L"), ("hours", "h"), ("hour", "h"), ("minutes", "min"),
    ("minute", "min"), ("mins", "min"), ("seconds", "s"), ("second", "s"), ("days", "day"), ("weeks", "week"),
    ("yuan", "元"), ("degrees", "°"), ("kmph", "km/h"), ("°C", "℃"), ("µ", "u"), ("kw*h", "kWh"), ("kW*h", "kWh"),
)  # fmt: skip
_BASE: dict[str, tuple[str, Fraction]] = {
    "km": ("m", Fraction(1000)), "m": ("m", Fraction(1)), "dm": ("m", Fraction(1, 10)), "cm": ("m", Fraction(1, 100)),
    "mm": ("m", Fraction(1, 1000)), "um": ("m", Fraction(1, 10**6)), "nm": ("m", Fraction(1, 10**9)),
    "t": ("g", Fraction(10**6)), "kg": ("g", Fraction(1000)), "g": ("g", Fraction(1)), "mg": ("g", Fraction(1, 1000)),
    "jin": ("g", Fraction(500)), "h": ("s", Fraction(3600)), "min": ("s", Fraction(60)), "s": ("s", Fraction(1)),
    "ms": ("s", Fraction(1, 1000)), "day": ("s", Fraction(86400)), "week": ("s", Fraction(604800)),
    "kW": ("W", Fraction(1000)), "W": ("W", Fraction(1)), "J": ("J", Fraction(1)), "kJ": ("J", Fraction(1000)),
    "kWh": ("J", Fraction(3600000)), "N": ("N", Fraction(1)), "Pa": ("Pa", Fraction(1)), "kPa": ("Pa", Fraction(1000)),
    "V": ("V", Fraction(1)), "kV": ("V", Fraction(1000)), "mV": ("V", Fraction(1, 1000)), "A": ("A", Fraction(1)),
    "mA": ("A", Fraction(1, 1000)), "Ω": ("Ω", Fraction(1)), "kΩ": ("Ω", Fraction(1000)), "Hz": ("Hz", Fraction(1)),
    "kHz": ("Hz", Fraction(1000)), "mol": ("mol", Fraction(1)), "℃": ("℃", Fraction(1)), "°": ("°", Fraction(1)),
    "′": ("°", Fraction(1, 60)), "″": ("°", Fraction(1, 3600)), "元": ("元", Fraction(1)), "角": ("元", Fraction(1, 10)),
    "¢": ("元", Fraction(1, 100)), "美元": ("美元", Fraction(1)), "£": ("£", Fraction(1)), "€": ("€", Fraction(1)), "年": ("年", Fraction(1)), "月": ("年", Fraction(1, 12)),
}  # fmt: skip
_LITRES = {"L": Fraction(1, 10), "l": Fraction(1, 10), "mL": Fraction(1, 100), "ml": Fraction(1, 100)}
"""A litre is a cubic decimetre: the edge, in metres, of its cube."""
_SIGNS = sorted([*_BASE, *_LITRES, "ha"], key=len, reverse=True)
_ATOM = re.compile(f"({'|'.join(map(re.escape, _SIGNS))})(?:\\^?\\(?(-?[123])\\)?)?")
_VAGUE = {
    "分": ("min", "¢", "分"), "度": ("°", "℃", "kWh"), "个月": ("月",), "月": ("月",), "分米": ("dm",), "d": ("day",),
    "号": ("号",), "刻钟": ("15min",),
}  # fmt: skip
"""Words that mean one unit or another; the other side decides."""
COUNTERS = frozenset(
    "个只人次本件条张台辆棵块枚颗盒箱岁名种页支位瓶份题倍分根头匹朵把间座所层户对双組组袋包碗杯家队班名字艘架筐袋套幅面"
)
_LONGEST = 24

Unit = tuple[tuple[tuple[str, int], ...], Fraction]
"""Dimensions with their powers, and the factor to the base units; a counter is its own dimension."""
NONE: Unit = ((), Fraction(1))


def units_of(text: str) -> tuple[Unit, ...]:
    """What a unit's spelling may mean, most likely first; nothing when it is no unit that we know."""
    if not text:
        return (NONE,)
    if len(text) > _LONGEST:
        return ()
    if text in _VAGUE:
        found = (_counter(name) if name in COUNTERS else _product(name) for name in _VAGUE[text])
        return tuple(unit for unit in found if unit is not None)
    if text in COUNTERS:
        return (_counter(text),)
    for name, sign in _SPELLED:
        text = text.replace(name, sign)
    unit = _product(text)
    return () if unit is None else (unit,)


def _counter(text: str) -> Unit:
    return (((text, 1),), Fraction(1))


def is_counter(unit: Unit) -> bool:
    """Whether a unit only says what is counted."""
    return len(unit[0]) == 1 and unit[0][0][0] in COUNTERS


def _product(text: str) -> Unit | None:
    """kg/m^3, J/(kg*℃): factors parted by * and /, a bracket after a line."""
    bracket = re.fullmatch(r"([^()]+)/\(([^()]+)\)", text)
    if bracket:
        top, bottom = _product(bracket[1]), _product(bracket[2])
        if top is None or bottom is None:
            return None
        return _merged([*top[0], *((b, -p) for b, p in bottom[0])], top[1] / bottom[1])
    powers: list[tuple[str, int]] = []
    scale, position, sign = Fraction(1), 0, 1
    while position < len(text):
        if text[position] in "*/":
            sign = -1 if text[position] == "/" else 1
            position += 1
        found = _ATOM.match(text, position)
        if not found:
            return None
        base, factor, power = _atom(found[1], int(found[2] or 1) * sign)
        powers.append((base, power))
        scale *= factor**power
        position, sign = found.end(), 1
    return _merged(powers, scale)


def _atom(name: str, power: int) -> tuple[str, Fraction, int]:
    if name in _LITRES:
        return "m", _LITRES[name], 3 * power
    if name == "ha":
        return "m", Fraction(100), 2 * power
    return (*_BASE[name], power)


def _merged(powers: list[tuple[str, int]], scale: Fraction) -> Unit:
    total: dict[str, int] = {}
    for base, power in powers:
        total[base] = total.get(base, 0) + power
    return (tuple(sorted((b, p) for b, p in total.items() if p)), scale)
