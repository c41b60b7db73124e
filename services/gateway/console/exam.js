// One paper: how far it is, then what came of it.
import { call, follow, get } from "./api.js";
import { button } from "./controls.js";
import { alarm, h, show } from "./dom.js";
import { resultView } from "./result.js";
import { names, t } from "./words.js";

export async function examView(examId, signal) {
  const exam = await get(`/exams/${examId}`);
  const again = () => examView(examId, signal);
  if (exam.status === "COMPLETED") return resultView(exam, signal, again);
  const bar = h("progress", { max: 100, value: exam.progress });
  const words = h("p", { role: "status" });
  const name = exam.title || names("subjects")[exam.subject];
  const actions = h("p", {}, button("cancel", () => call("POST", `/exams/${examId}/cancel`)));
  show(h("p", {}, h("a", { href: "#/" }, t("back"))), h("h1", {}, name), h("section", {}, bar, words, actions));

  const draw = (now) => {
    bar.value = now.progress;
    const left = now.estimated_remaining_time ? `, ${t("seconds_left", Math.ceil(now.estimated_remaining_time))}` : "";
    words.textContent = `${names("states")[now.status]}${now.final ? "" : left}`;
  };
  draw(exam);
  for await (const now of follow(`/exams/${examId}`, signal)) draw(now);
  if (signal.aborted) return;
  const ended = await get(`/exams/${examId}`);
  if (ended.status === "COMPLETED") return resultView(ended, signal, again);
  alarm(ended.error_message || names("states")[ended.status]);
  actions.replaceChildren(button("retry", async () => {
    await call("POST", `/exams/${examId}/retry`, { body: {} });
    await again();
  }));
}
