// A teacher's word on one question.
import { call } from "./api.js";
import { alarm, h } from "./dom.js";
import { t } from "./words.js";

const VERDICTS = ["correct", "partial", "wrong", "blank"];

export function correctionForm(exam, question, saved, closed) {
  const verdict = h("select", { name: "verdict" }, VERDICTS.map((value) => h("option", { value, selected: value === question.verdict }, t(value))));
  const score = h("input", { name: "score", type: "number", step: "any", min: 0, max: question.max_score, value: question.score ?? "" });
  const answer = h("input", { name: "student_answer", value: question.student_answer ?? "" });
  const comment = h("textarea", { name: "comment", rows: 2 }, question.feedback ?? "");
  const close = h("button", { type: "button", class: "plain" }, t("close"));
  const form = h("form", {}, h("div", { class: "fields" },
    h("label", {}, t("verdict"), verdict), h("label", {}, t("score"), score), h("label", {}, t("answer"), answer)),
  h("label", {}, t("comment"), comment), h("p", { class: "links" }, h("button", {}, t("save")), close));

  close.addEventListener("click", () => { form.remove(); closed(); });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = { verdict: verdict.value };
    if (score.value !== "") said.score = Number(score.value);
    if (answer.value !== (question.student_answer ?? "")) said.student_answer = answer.value;
    if (comment.value !== (question.feedback ?? "")) said.comment = comment.value;
    try {
      await call("PATCH", `/exams/${exam.exam_id}/questions/${encodeURIComponent(question.path.join("."))}`, {
        body: said, headers: { "Content-Type": "application/merge-patch+json", "If-Match": `"${exam.revision}"` },
      });
      alarm("");
      await saved();
    } catch (error) {
      alarm(error.message);
    }
  });
  return form;
}
