// An essay as text: the form for one, and what was found in one.
import { call, random } from "./api.js";
import { alarm, h, show } from "./dom.js";
import { locale, names, t } from "./words.js";

export function essayView() {
  const button = h("button", {}, t("submit"));
  const form = h("form", { class: "card" }, fields(), h("p", {}, button));
  let key = random(); // sent again after a lost answer, it is the same essay
  form.addEventListener("input", () => { key = random(); });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    alarm("");
    button.disabled = true;
    try {
      const made = await (await call("POST", "/essays", { body: body(form), headers: { "Idempotency-Key": key } })).json();
      location.hash = `#/exams/${made.exam_id}`;
    } catch (error) {
      alarm(error.message);
      button.disabled = false;
    }
  });
  show(h("p", {}, h("a", { href: "#/" }, t("back"))), h("h1", {}, t("essay")), form);
  form.elements.title.focus();
}

function body(form) {
  const given = Object.fromEntries([...new FormData(form)].filter(([, value]) => value.trim()));
  const numbers = ["grade", "max_score", "min_length"].filter((name) => given[name]);
  return { ...given, ...Object.fromEntries(numbers.map((name) => [name, Number(given[name])])), locale: locale() };
}

function fields() {
  const select = (name, options) => h("label", {}, t(name), h("select", { name }, options));
  const input = (name, more = {}) => h("label", {}, t(name), h("input", { name, ...more }));
  const area = (name, rows, more = {}) => h("label", {}, t(name), h("textarea", { name, rows, ...more }));
  const subjects = ["chinese", "english"].map((value) => h("option", { value }, names("subjects")[value]));
  const grades = Array.from({ length: 12 }, (_, index) => h("option", { value: index + 1, selected: index === 6 }, String(index + 1)));
  return h("div", {}, h("div", { class: "fields" },
    select("subject", subjects), select("grade", grades), input("title", { maxlength: 300 }),
    input("max_score", { type: "number", min: 1, max: 10000, step: "any", value: 100, required: true }), input("min_length", { type: "number", min: 1, max: 8000 }),
    input("class_id", { maxlength: 128 }), input("student_id", { maxlength: 128 })),
  area("prompt", 2, { maxlength: 4000 }), area("content", 14, { maxlength: 8000, required: true, spellcheck: "false" }));
}

// The part of a question's card that tells of its essay.
export function essayPart({ student_answer: text, essay, criteria }) {
  const { measures, mistakes, left_out: more, corrected, suggestions } = essay;
  const length = t(measures.unit === "words" ? "words_long" : "characters_long", measures.length);
  return h("div", { class: "essay" },
    h("p", { class: "text" }, marked(text || "", mistakes)), h("p", { class: "stem" }, length),
    criteria.length ? h("table", {}, h("tbody", {}, criteria.map((one) => h("tr", {}, h("td", {}, one.criterion), h("td", {}, t("of", one.points, one.max_points)))))) : null,
    mistakes.length ? [h("h4", {}, t("mistakes")), h("ol", {}, mistakes.map((one) => h("li", {}, mistake(one))))] : null,
    more ? h("p", {}, t("left_out", more)) : null,
    suggestions.length ? [h("h4", {}, t("suggestions")), h("ul", {}, suggestions.map((one) => h("li", {}, one.text)))] : null,
    mistakes.length && corrected ? h("details", {}, h("summary", {}, t("corrected")), h("p", { class: "text" }, corrected)) : null);
}

const better = (one) => (one.correction === null ? [] : [h("del", {}, one.quote), " ", h("ins", {}, one.correction)]);
const mistake = (one) => [...(one.correction === null ? [h("q", {}, one.quote)] : better(one)), one.explanation ? ` ${one.explanation}` : ""];

// The text with what is wrong in it marked: in order, none over another, in code points.
function marked(text, mistakes) {
  const points = [...text];
  const parts = [];
  let at = 0;
  for (const one of mistakes) {
    parts.push(points.slice(at, one.start).join(""), h("mark", { title: [one.correction, one.explanation].filter(Boolean).join(" · ") }, points.slice(one.start, one.end).join("")));
    at = one.end;
  }
  return [...parts, points.slice(at).join("")];
}
