"""Quantities: a number with its unit, in SI or Chinese spelling."""

import re
from fractions import Fraction

_CHINESE = (
    ("平方千米", "km^2"), ("平方公里", "km^2"), ("平方分米", "dm^2"), ("平方厘米", "cm^2"), ("平方毫米", "mm^2"), ("平方米", "m^2"),
    ("立方分米", "dm^3"), ("立方厘米", "cm^3"), ("立方毫米", "mm^3"), ("立方米", "m^3"),
    ("千米", "km"), ("公里", "km"), ("分米", "dm"), ("厘米", "cm"), ("毫米", "mm"), ("微米", "um"), ("纳米", "nm"), ("米", "m"),
    ("千克", "kg"), ("公斤", "kg"), ("毫克", "mg"), ("克", "g"), ("吨", "t"), ("毫升", "mL"), ("升", "L"),
    ("小时", "h"), ("分钟", "min"), ("毫秒", "ms"), ("秒", "s"), ("千瓦时", "kWh"), ("千瓦", "kW"), ("瓦", "W"),
    ("焦耳", "J"), ("焦", "J"), ("牛顿", "N"), ("牛", "N"), ("帕", "Pa"), ("伏", "V"), ("毫安", "mA"), ("安", "A"), ("欧", "Ω"),
    ("摄氏度", "℃"), ("度", "°"), ("每", "/"), ("时", "h"),
)  # fmt: skip
_BASE: dict[str, tuple[str, Fraction]] = {
    "km": ("m", Fraction(1000)), "m": ("m", Fraction(1)), "dm": ("m", Fraction(1, 10)), "cm": ("m", Fraction(1, 100)),
    "mm": ("m", Fraction(1, 1000)), "um": ("m", Fraction(1, 10**6)), "nm": ("m", Fraction(1, 10**9)),
    "t": ("g", Fraction(10**6)), "kg": ("g", Fraction(1000)), "g": ("g", Fraction(1)), "mg": ("g", Fraction(1, 1000)),
    "L": ("l", Fraction(1)), "mL": ("l", Fraction(1, 1000)), "ml": ("l", Fraction(1, 1000)), "l": ("l", Fraction(1)),
    "h": ("s", Fraction(3600)), "min": ("s", Fraction(60)), "s": ("s", Fraction(1)), "ms": ("s", Fraction(1, 1000)),
    "kW": ("W", Fraction(1000)), "W": ("W", Fraction(1)), "J": ("J", Fraction(1)), "kJ": ("J", Fraction(1000)),
    "kWh": ("J", Fraction(3600000)), "N": ("N", Fraction(1)), "Pa": ("Pa", Fraction(1)), "kPa": ("Pa", Fraction(1000)),
    "V": ("V", Fraction(1)), "A": ("A", Fraction(1)), "mA": ("A", Fraction(1, 1000)), "Ω": ("Ω", Fraction(1)),
    "Hz": ("Hz", Fraction(1)), "mol": ("mol", Fraction(1)), "℃": ("℃", Fraction(1)), "°C": ("℃", Fraction(1)),
    "°": ("°", Fraction(1)), "元": ("元", Fraction(1)), "角": ("元", Fraction(1, 10)),
}  # fmt: skip
_FACTOR = re.compile(
    r"([*/]?)(kWh|km|dm|cm|mm|um|nm|kg|mg|mL|ml|min|ms|kW|kJ|kPa|Pa|mA|Hz|mol|°C|[mtgLlhsWJNVAΩ℃°元角])(?:\^?\(?(-?[23])\)?)?"
)
_QUANTITY = re.compile(r"^([-+±]?[\d.√π/()^*%+-]*\d\)?|[-+]?[\d.√π/()^*]*π)([^\d().^*/%+-].*)$")
COUNTERS = frozenset("个只人次本件条张台辆棵块枚颗盒箱天年岁名种页支位瓶份题倍分")

Unit = tuple[tuple[tuple[str, int], ...], Fraction]
"""Dimensions with their powers, and the factor to the base units; a counter or unknown word is its own dimension."""


def split_quantity(text: str) -> tuple[str, str]:
    """A canonical text as (number, unit); the unit is "" where there is none."""
    found = _QUANTITY.match(text)
    return (found[1], found[2]) if found else (text, "")


def unit_of(text: str) -> Unit | None:
    """What a unit's spelling means; None when it is not a unit we know."""
    if not text:
        return ((), Fraction(1))
    if text in COUNTERS:
        return (((text, 1),), Fraction(1))
    text = text.replace("µ", "u").replace("°C", "℃")
    for name, sign in _CHINESE:
        text = text.replace(name, sign)
    powers: dict[str, int] = {}
    scale, position = Fraction(1), 0
    while position < len(text):
        found = _FACTOR.match(text, position)
        if not found:
            return None
        power = int(found[3] or 1) * (-1 if found[1] == "/" else 1)
        base, factor = _BASE[found[2]]
        if base == "l":  # a litre is a cubic decimetre
            base, factor, power = "m", _cube_root_litre(factor), power * 3
        powers[base] = powers.get(base, 0) + power
        scale *= factor**power
        position = found.end()
    return (tuple(sorted((b, p) for b, p in powers.items() if p)), scale)


def _cube_root_litre(factor: Fraction) -> Fraction:
    """The edge, in metres, of a cube holding `factor` litres: 1 L is (1 dm)³, 1 mL is (1 cm)³."""
    return Fraction(1, 10) if factor == 1 else Fraction(1, 100)
