// The result: pages with each question framed, and question by question what was read and judged.
import { call, get } from "./api.js";
import { fileButton } from "./controls.js";
import { correctionForm } from "./correction.js";
import { alarm, h, show } from "./dom.js";
import { essayPart } from "./essay.js";
import { formula } from "./formula.js";
import { names, t } from "./words.js";

// `again`: show the exam anew, as a correction has begun another revision of it.
export async function resultView(exam, signal, again) {
  const result = await get(`/exams/${exam.exam_id}/result`);
  const cards = new Map();
  const frames = new Map();
  const choose = (key) => {
    for (const element of [...cards.values(), ...[...frames.values()].flat()]) element.classList.remove("chosen");
    for (const element of [cards.get(key), ...(frames.get(key) || [])]) element.classList.add("chosen");
  };
  for (const question of result.questions) cards.set(keyOf(question), card(exam, question, choose, again));
  const pages = result.pages.map((page) => pageFigure(exam, result, page, frames, (key) => {
    choose(key);
    cards.get(key).scrollIntoView({ block: "nearest", behavior: "smooth" });
  }, signal));
  show(h("p", {}, h("a", { href: "#/" }, t("back"))), summary(exam, result),
    h("div", { class: pages.length ? "split" : "" }, h("div", {}, pages), h("div", {}, h("h2", {}, t("questions")), [...cards.values()])));
}

const keyOf = (question) => question.path.join("/");

function summary(exam, result) {
  const { earned, max, graded, needs_review: open } = result.score;
  const asked = result.questions.filter((question) => question.type !== "composite").length;
  const links = [["pdf", "report.pdf"], ["html", "report.html"], ["json", "result"]].map(([word, path]) =>
    fileButton(word, `/exams/${exam.exam_id}/${path}`));
  return h("section", {}, h("h1", {}, result.title || names("subjects")[result.subject]),
    h("p", {}, h("span", { class: "score" }, earned === null ? "–" : t("of", earned, max)), " ",
      graded < asked ? h("span", { class: "graded" }, t("graded_of", graded, asked)) : null, " ",
      open ? h("a", { class: "review", href: `#/review?exam_id=${exam.exam_id}` }, t("to_review", open)) : null),
    result.diagnosis.summary ? h("p", {}, result.diagnosis.summary) : null, h("p", { class: "links" }, links));
}

function pageFigure(exam, result, page, frames, choose, signal) {
  const image = h("img", { alt: t("page", page.page), width: page.width, height: page.height });
  call("GET", `/exams/${exam.exam_id}/pages/${page.page}.jpg`)
    .then((response) => response.blob())
    .then((blob) => { image.src = URL.createObjectURL(blob); })
    .catch((error) => signal.aborted || alarm(error.message));
  signal.addEventListener("abort", () => URL.revokeObjectURL(image.src));
  const svg = h("svg", { viewBox: `0 0 ${page.width} ${page.height}`, preserveAspectRatio: "none" });
  for (const question of result.questions) {
    const key = keyOf(question);
    for (const { box: [x0, y0, x1, y1] } of question.regions.filter((region) => region.page === page.page)) {
      const rect = h("rect", { x: x0, y: y0, width: x1 - x0, height: y1 - y0, class: question.verdict, onclick: () => choose(key) },
        h("title", {}, `${t("question", question.number)}: ${t(question.verdict)}`));
      frames.set(key, [...(frames.get(key) || []), rect]);
      svg.append(rect);
    }
  }
  return h("figure", { class: "page" }, image, svg);
}

function card(exam, question, choose, again) {
  const { verdict, score, max_score: most } = question;
  const points = score === null ? "" : most === null ? String(score) : t("of", score, most);
  const edit = h("button", { type: "button", class: "plain" }, t("correct_it"));
  const answer = question.student_answer === null ? t("unread") : formula(question.student_answer_latex, question.student_answer) || t("empty");
  const facts = [question.essay ? [] : [t("answer"), answer], [t("correct_answer"), formula(question.correct_answer_latex, question.correct_answer)],
    [t("points"), question.knowledge_points.map((point) => point.name).join("、")]].filter(([, value]) => value);
  const article = h("article", { class: `question ${verdict}`, "data-path": keyOf(question) },
    h("h3", {}, t("question", question.number), h("span", { class: "verdict" }, t(verdict)), points,
      question.needs_review ? h("span", { class: "review" }, t("review")) : null,
      question.corrected_by || question.graded_by === "teacher" ? h("span", { class: "review" }, t("teacher")) : null, edit),
    h("p", { class: "stem" }, question.text),
    h("dl", {}, facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    question.feedback ? h("p", {}, question.feedback) : null, question.essay ? essayPart(question) : null);
  const correct = async (said) => {
    await call("PATCH", `/exams/${exam.exam_id}/questions/${encodeURIComponent(question.path.join("."))}`, {
      body: said, headers: { "Content-Type": "application/merge-patch+json", "If-Match": `"${exam.revision}"` },
    });
    await again();
  };
  article.addEventListener("click", () => choose(keyOf(question)));
  edit.addEventListener("click", () => {
    edit.hidden = true;
    article.append(correctionForm(question, correct, () => { edit.hidden = false; edit.focus(); }));
    article.querySelector("form select").focus();
  });
  return article;
}
