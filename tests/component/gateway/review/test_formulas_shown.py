"""Formulas on the page for people: LaTeX of results becomes MathML in a real browser, and never markup."""

from pathlib import Path

from contracts.notation.answers import answer_latex
from tests.component.gateway.browser import signed_in
from tests.component.gateway.harness import gateway

DRAWN = "async (all) => {{ const {{ formula }} = await import('/console/formula.js'); return all.map({0}); }}"
AS_MARKUP = DRAWN.format(
    "([latex, text]) => { const dd = document.createElement('dd'); dd.append(...[formula(latex, text)].flat()); "
    "return dd.innerHTML.replaceAll(' xmlns=\"http://www.w3.org/1998/Math/MathML\"', ''); }"
)

SHOWN = {
    r"$\frac12$": "<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>",
    r"x=\dfrac12": "<math><mi>x</mi><mo>=</mo><mfrac><mn>1</mn><mn>2</mn></mfrac></math>",
    "1 1/2": "<math><mn>1</mn><mfrac><mn>1</mn><mn>2</mn></mfrac></math>",
    "x^2或√3": "<math><msup><mi>x</mi><mn>2</mn></msup></math>或<math><msqrt><mn>3</mn></msqrt></math>",
    "√[3](8)": "<math><mroot><mn>8</mn><mn>3</mn></mroot></math>",
    "-60°/x^2": '<math><mo form="prefix">−</mo><mrow><mn>60</mn><mi>°</mi></mrow><mo>/</mo>'
    "<msup><mi>x</mi><mn>2</mn></msup></math>",
    "{x=1,y=2}": "<math><mrow><mo>{</mo><mtable><mtr><mtd><mi>x</mi><mo>=</mo><mn>1</mn></mtd></mtr>"
    "<mtr><mtd><mi>y</mi><mo>=</mo><mn>2</mn></mtd></mtr></mtable></mrow></math>",
    "(1/2)": "<math><mrow><mo>(</mo><mfrac><mn>1</mn><mn>2</mn></mfrac><mo>)</mo></mrow></math>",
    r"\text{<b>}\frac12": "&lt;b&gt;<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>",
    "B": "B",
}


async def test_latex_of_answers_and_keys_is_drawn_and_words_stay_words(database: str, tmp_path: Path) -> None:
    async with gateway(database, tmp_path) as running, signed_in(running) as page:
        drawn = await page.evaluate(AS_MARKUP, [[answer_latex(text), text] for text in SHOWN])
    assert dict(zip(SHOWN, drawn, strict=True)) == SHOWN
