"""TeX commands as keys have them, and the signs that they stand for."""

OPERATORS = {
    "times": "×", "div": "÷", "cdot": "·", "pm": "±", "mp": "∓", "le": "≤", "leq": "≤", "leqslant": "≤", "ge": "≥",
    "geq": "≥", "geqslant": "≥", "neq": "≠", "ne": "≠", "approx": "≈", "equiv": "≡", "sim": "∽", "cong": "≌",
    "angle": "∠", "triangle": "△", "perp": "⊥", "parallel": "∥", "in": "∈", "notin": "∉", "subset": "⊂",
    "subseteq": "⊆", "cup": "∪", "cap": "∩", "because": "∵", "therefore": "∴", "rightarrow": "→", "to": "→",
    "Rightarrow": "⇒", "Leftrightarrow": "⇔", "lt": "<", "gt": ">", "mid": "|", "{": "{", "}": "}", "uparrow": "↑",
    "downarrow": "↓", "odot": "⊙", "backslash": "\\", "sum": "∑", "int": "∫", "vert": "|", "lvert": "|", "rvert": "|",
    "supset": "⊃", "supseteq": "⊇", "longrightarrow": "→", "rightleftharpoons": "⇌", "colon": ":", "forall": "∀",
    "exists": "∃", "ast": "*", "geqq": "≥", "leqq": "≤", "complement": "∁",
}  # fmt: skip
WORDS = {
    "circ": "°", "degree": "°", "infty": "∞", "emptyset": "∅", "varnothing": "∅", "ldots": "…", "cdots": "…",
    "dots": "…", "%": "%", "quad": "\u2003", ",": "\u2009", ";": "\u2009", " ": "\u2009", "&": "&", "$": "$", "#": "#",
    "_": "_", "prime": "′", "qquad": "\u2003\u2003", "percent": "%", "frown": "⌒",
}  # fmt: skip
LETTERS = {
    "pi": "π", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "theta": "θ", "lambda": "λ", "mu": "μ",
    "rho": "ρ", "sigma": "σ", "varphi": "φ", "phi": "φ", "omega": "ω", "Delta": "Δ", "Omega": "Ω", "varepsilon": "ε",
    "epsilon": "ε", "eta": "η", "nu": "ν", "tau": "τ", "psi": "ψ", "Gamma": "Γ", "Phi": "Φ", "Sigma": "Σ",
}  # fmt: skip
FUNCTIONS = frozenset({"sin", "cos", "tan", "cot", "log", "ln", "lg", "lim", "max", "min"})
SILENT = {"displaystyle", "limits", "!", "rm", "bf", "it", "textstyle", "left", "right", "big", "Big", "begin", "end"}
UPRIGHT = {"text", "mathrm", "textrm", "textbf", "mathit", "boldsymbol", "operatorname", "mbox", "mathbf", "mathbb"}
ARROW = "→"
"""Over a vector."""
ACCENTS = {
    "overline": "‾", "bar": "‾", "vec": ARROW, "overrightarrow": ARROW, "hat": "^", "widehat": "⌒", "overset": "⌒",
}  # fmt: skip
STRUCTURES = ACCENTS.keys() | {"frac", "dfrac", "tfrac", "cfrac", "sqrt"}
