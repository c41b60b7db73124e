"""The report as a browser shows it: nothing blocked, nothing fetched, everything there, it prints, all can read it."""

import io
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from pylopdf_fonts_zh_cn import sans_path

from contracts.artefacts.analysis import CriterionScore
from contracts.artefacts.essay import Advice, EssayReview, Measures, Mistake
from services.report.core import compose, render
from tests.e2e.pipeline import Client
from tests.unit.report.made_exam import EXAM_ID, made_exam, picture

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--v=0",
]


@pytest.fixture(scope="module")
def page(client: Client, ended: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report as a file, to be opened without any server: it must need none."""
    html = client.http.get(f"/api/v1/exams/{ended['exam_id']}/report.html")
    path = Path(tmp_path_factory.mktemp("report")) / "report.html"
    path.write_bytes(html.content)
    return path


def browse(page: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """Open the page in Chromium; it writes its console to stderr."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    assert chromium, "the page is tested in a real browser: install chromium"
    profile = page.parent / "profile"
    argv = [chromium, *FLAGS, f"--user-data-dir={profile}", *flags, page.as_uri()]
    return subprocess.run(argv, capture_output=True, text=True, timeout=180, check=True)


def test_the_browser_shows_every_question_and_blocks_nothing(page: Path, client: Client, ended: dict[str, Any]) -> None:
    seen = browse(page, "--dump-dom")
    result = client.http.get(f"/api/v1/exams/{ended['exam_id']}/result").json()
    assert all(f">{q['number']}<" in seen.stdout for q in result["questions"])
    assert "Refused to" not in seen.stderr
    assert "Content Security Policy" not in seen.stderr
    assert "<script" not in seen.stdout


def test_the_page_prints_on_a4_with_its_pictures(page: Path) -> None:
    target = page.parent / "printed.pdf"
    browse(page, f"--print-to-pdf={target}", "--no-pdf-header-footer")
    document = pypdfium2.PdfDocument(io.BytesIO(target.read_bytes()))
    width, height = document[0].get_size()
    assert (round(width), round(height)) == (595, 842)
    assert 1 <= len(document) <= 8
    kinds = [o.type for one in document for o in one.get_objects(max_depth=4)]
    assert pypdfium2.raw.FPDF_PAGEOBJ_IMAGE in kinds


ESSAY: dict[str, Any] = {
    "student_answer": "We go home ,\nand sleep.",
    "criteria": (CriterionScore(criterion="Grammar", points=1, max_points=3, evidence=("go",), dimension="grammar"),),
    "essay": EssayReview(
        language="en",
        measures=Measures(unit="words", length=5, least=60, paragraphs=2, sentences=1, longest_sentence=5),
        mistakes=(
            Mistake(start=3, end=5, quote="go", kind="grammar", correction="went", explanation="过去时", by="llm"),
            Mistake(start=10, end=12, quote=" ,", kind="punctuation", correction=",", by="rules"),
        ),
        corrected="We went home,\nand sleep.",
        suggestions=(Advice(text="Say where you were.", evidence=("We go home",)),),
    ),
}


@pytest.fixture(scope="module", params=["zh-CN", "en"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with everything that one can have, in each language."""
    exam = made_exam()
    criteria = (CriterionScore(criterion="移项", points=2, max_points=3, evidence=("x=7",), reason="没有检验"),)
    answers = tuple(
        answer.model_copy(update={"criteria": criteria, "feedback": "Check your signs."})
        if answer.verdict == "partial"
        else answer
        for answer in exam.analysis.answers
    )
    analysis = exam.analysis.model_copy(update={"answers": (*answers[:-1], answers[-1].model_copy(update=ESSAY))})
    mastery = tuple(m.model_copy(update={"earlier": 0.4}) for m in exam.diagnosis.mastery)
    diagnosis = exam.diagnosis.model_copy(update={"mastery": mastery})
    result = compose(EXAM_ID, exam.submission, exam.reading, exam.paper, analysis, diagnosis)
    fonts = (sans_path().parent,)
    html, _ = render(result, exam.paper, diagnosis, {1: picture()}, fonts, locale=request.param)
    path = Path(tmp_path_factory.mktemp("made")) / "report.html"
    path.write_bytes(html)
    return path


@pytest.fixture(params=[1000, 320])
def tab(browser: Browser, made: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The report on a desk and on the smallest phone; it fails when the page's own policy blocks a part of it."""
    context = browser.new_context(viewport={"width": request.param, "height": 800})
    tab = context.new_page()
    said: list[str] = []
    tab.on("console", lambda line: said.append(line.text))
    tab.goto(made.as_uri())
    yield tab
    context.close()
    assert said == []


def test_no_rule_of_accessibility_is_broken(tab: Page) -> None:
    found = Axe().run(tab).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []


def test_nothing_is_wider_than_the_screen(tab: Page) -> None:
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_headings_are_in_order_and_landmarks_are_there_once(tab: Page) -> None:
    levels = tab.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5')].map(e => Number(e.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for landmark in ("banner", "main", "contentinfo"):
        assert tab.get_by_role(landmark).count() == 1  # type: ignore[arg-type]
    assert tab.get_by_role("columnheader").count() >= 6
    assert tab.locator("math msup").count() > 0
    assert tab.locator("img:not([alt])").count() == 0


BREAK_OUT = """async () => {
  const blocked = [];
  document.addEventListener("securitypolicyviolation", event => blocked.push(event.effectiveDirective));
  const add = (tag, fill) => { const e = document.createElement(tag); fill(e); document.body.append(e); };
  add("script", e => { e.textContent = "window.broken = true"; });
  add("style", e => { e.textContent = "body { display: none }"; });
  add("p", e => { e.setAttribute("style", "color: red"); });
  add("img", e => { e.src = "http://127.0.0.1:9/pixel.png"; });
  while (blocked.length < 4) await new Promise(done => setTimeout(done, 20));
  return [blocked.sort(), window.broken === undefined, getComputedStyle(document.body).display];
}"""


def test_the_policy_stops_scripts_styles_and_requests_that_got_in(browser: Browser, made: Path) -> None:
    tab = browser.new_page()
    tab.goto(made.as_uri())
    blocked, unbroken, shown = tab.evaluate(BREAK_OUT)
    assert blocked == ["img-src", "script-src-elem", "style-src-attr", "style-src-elem"]
    assert unbroken
    assert shown == "block"
    tab.close()
