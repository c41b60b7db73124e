// The review queue: one doubtful question after another, its picture beside what was read and what it may have been.
import { call, get } from "./api.js";
import { candidatesOf } from "./candidates.js";
import { button } from "./controls.js";
import { correctionForm } from "./correction.js";
import { alarm, h, show } from "./dom.js";
import { formula } from "./formula.js";
import { shortcuts } from "./keys.js";
import { leases } from "./leases.js";
import { Pictures } from "./pictures.js";
import { openQueue } from "./queue.js";
import { names, t } from "./words.js";

const FILTERS = ["subject", "class_id", "exam_id"];

export async function reviewView(query, signal) {
  const asked = new URLSearchParams(FILTERS.filter((name) => query.get(name)).map((name) => [name, query.get(name)]));
  const queue = await openQueue(asked);
  const place = h("section");
  const pictures = new Pictures(signal);
  let working = false;

  // One thing after another: a key that is hit twice must not decide the question that comes next.
  const alone = (act) => async (...given) => {
    if (working) return;
    working = true;
    try {
      await act(...given);
    } finally {
      working = false;
    }
  };

  const draw = async () => {
    const item = queue.current;
    if (!item) {
      const again = button("look_again", alone(async () => {
        await queue.again();
        await draw();
      }));
      place.replaceChildren(h("p", { role: "status", tabindex: -1 }, t("nothing_open")), again);
      return place.firstChild.focus();
    }
    let busy;
    try {
      busy = await leases.take(item.id);
    } catch (error) {
      if (error.status !== 404) throw error;
      return gone(); // decided by another teacher since the list was fetched
    }
    if (signal.aborted) return;
    place.replaceChildren(...parts(item, busy));
    place.querySelector("h2").focus();
    if (queue.following) pictures.fetch(queue.following);
  };

  const gone = async () => {
    await queue.drop();
    await draw();
  };
  const told = async (item, what, body) => {
    alarm("");
    try {
      await call("POST", `/review/${item.id}/${what}`, { body: { ...body, lease: leases.of(item.id) } });
    } catch (error) {
      if (error.status !== 404 && error.code !== "review_item_leased") throw error;
      alarm(error.message);
      return draw();
    }
    leases.forget(item.id);
    await gone();
  };
  const decide = alone((item, said) => told(item, "decide", said));
  const leave = alone(() => told(queue.current, "skip", {}));
  const move = alone(async (by) => {
    if (await queue.move(by)) await draw();
  });

  const parts = (item, busy) => {
    const { question } = item;
    const head = h("h2", { tabindex: -1 }, t("question", question.number), " ", h("span", { class: "review" }, names("reasons")[item.reason]));
    const of = [item.title || names("subjects")[item.subject], item.class_id, item.student_id].filter(Boolean).join(" · ");
    const about = h("p", { class: "soft" }, t("place_of", queue.place, queue.open), " · ", h("a", { href: `#/exams/${item.exam_id}` }, of));
    const steps = h("p", { class: "links" }, button("previous", () => move(-1)), button("next", () => move(1)), busy ? null : button("leave_it", leave));
    const offered = busy ? h("p", { role: "status" }, t("taken_until", busy)) : choices(item, decide);
    return [head, about, h("div", { class: "split" }, pictures.figure(item), h("div", {}, facts(question), offered, steps))];
  };

  const pick = (number) => {
    const boxes = place.querySelectorAll("form.candidates:not([hidden]) input[name=candidate]");
    if (number > boxes.length) return;
    boxes[number - 1].checked = true;
    if (number === boxes.length) place.querySelector("form.candidates").requestSubmit();
  };
  const keys = shortcuts({
    j: () => move(1), k: () => move(-1), x: () => place.querySelector("form.candidates") && leave(),
    Enter: () => place.querySelector("form.candidates:not([hidden])")?.requestSubmit(),
    ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => [String(number), () => pick(number)])),
  }, signal);
  show(h("p", {}, h("a", { href: "#/" }, t("back"))), h("h1", {}, t("review_queue")), filters(asked), place, keys, await voids());
  await draw();
}

// What the student may have written, numbered for the keyboard; the last is whatever the teacher says.
function choices(item, decide) {
  const found = candidatesOf(item);
  const likely = ["low_confidence", "doubtful_verdict"].includes(item.reason); // that it stands; else there is nothing to let stand
  const boxes = [...found.map(([word]) => word), t("something_else")].map((word, at) =>
    h("label", {}, h("input", { type: "radio", name: "candidate", value: at, required: true, checked: likely && at === 0 }), h("kbd", {}, String(at + 1)), " ", word));
  const form = h("form", { class: "candidates" }, h("fieldset", {}, h("legend", {}, t("what_holds")), boxes), h("p", { class: "links" }, h("button", {}, t("decide"))));
  const other = () => {
    const own = correctionForm(item.question, (said) => decide(item, { correction: said }), () => {
      form.hidden = false;
      form.elements.candidate[0].focus();
    });
    form.hidden = true;
    form.after(own);
    own.querySelector("[name=student_answer]").focus();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = found[Number(form.elements.candidate.value)];
    if (chosen) decide(item, chosen[1]).catch((error) => alarm(error.message));
    else other();
  });
  return form;
}

function facts(question) {
  const { verdict, score, max_score: most } = question;
  const answer = question.student_answer === null ? t("unread") : formula(question.student_answer_latex, question.student_answer) || t("empty");
  const judged = [t(verdict), score === null ? null : most === null ? String(score) : t("of", score, most)].filter(Boolean).join(", ");
  const rows = [[t("answer"), answer], [t("sureness"), `${Math.round(question.answer_confidence * 100)}%`], [t("correct_answer"), formula(question.correct_answer_latex, question.correct_answer)],
    [t("verdict"), judged], [t("comment"), question.feedback]].filter(([, value]) => value);
  return h("dl", { class: `facts ${verdict}` }, rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function filters(asked) {
  const all = h("option", { value: "" }, t("all"));
  const subjects = Object.entries(names("subjects")).map(([value, word]) => h("option", { value, selected: asked.get("subject") === value }, word));
  const form = h("form", { class: "fields" }, h("label", {}, t("subject"), h("select", { name: "subject" }, all, subjects)),
    h("label", {}, t("class_id"), h("input", { name: "class_id", maxlength: 128, value: asked.get("class_id") })));
  form.addEventListener("change", () => {
    const wanted = [...new FormData(form)].filter(([, value]) => value);
    location.hash = `#/review?${new URLSearchParams(wanted)}`;
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  return form;
}

// Decisions that can never be applied: a teacher should know which, and why.
async function voids() {
  const { items } = await get("/review/decisions?state=void&limit=20");
  if (!items.length) return null;
  const lines = items.map((one) => h("li", {}, h("a", { href: `#/exams/${one.exam_id}` }, one.path.join(" ")), `: ${one.problem.detail}`));
  return h("section", {}, h("h2", {}, t("void_decisions")), h("ul", {}, lines));
}
