// A teacher's word on one question. `save` sends what was said; `closed` is told when there is nothing to say after all.
import { alarm, h } from "./dom.js";
import { t } from "./words.js";

const VERDICTS = ["correct", "partial", "wrong", "blank"];

export function correctionForm(question, save, closed) {
  const graded = VERDICTS.includes(question.verdict);
  const words = graded ? VERDICTS : ["", ...VERDICTS];
  const verdict = h("select", { name: "verdict" }, words.map((value) => h("option", { value, selected: value === question.verdict }, value ? t(value) : "–")));
  const score = h("input", { name: "score", type: "number", step: "any", min: 0, max: question.max_score, value: question.score ?? "" });
  const answer = h("input", { name: "student_answer", value: question.student_answer ?? "" });
  const comment = h("textarea", { name: "comment", rows: 2 }, question.feedback ?? "");
  const close = h("button", { type: "button", class: "plain" }, t("close"));
  const form = h("form", {}, h("div", { class: "fields" },
    h("label", {}, t("verdict"), verdict), h("label", {}, t("score"), score), h("label", {}, t("answer"), answer)),
  h("label", {}, t("comment"), comment), h("p", { class: "links" }, h("button", {}, t("save")), close));
  const before = { verdict: verdict.value, score: score.value, student_answer: answer.value, comment: comment.value };

  close.addEventListener("click", () => { form.remove(); closed(); });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = {};
    for (const field of [verdict, score, answer, comment]) {
      if (field.value !== before[field.name]) said[field.name] = field.value;
    }
    if ("score" in said) said.score = said.score === "" ? null : Number(said.score);
    if (said.comment === "") said.comment = null;
    try {
      alarm("");
      await save(said);
    } catch (error) {
      alarm(error.message);
    }
  });
  return form;
}
