// Where the page is: by what follows # in its address.
import { session } from "./api.js";
import { batchView } from "./batch.js";
import { alarm, h, show } from "./dom.js";
import { essayView } from "./essay.js";
import { examView } from "./exam.js";
import { homeView } from "./home.js";
import { reviewView } from "./review.js";
import { switchLanguage, t } from "./words.js";

let leaving = new AbortController();

function keyView() {
  const input = h("input", { type: "password", name: "key", autocomplete: "off", required: true });
  const enter = (event) => {
    event.preventDefault();
    session.key = input.value.trim();
    route();
  };
  show(h("form", { class: "card", onsubmit: enter },
    h("label", {}, t("key"), input), h("p", {}, t("key_help")), h("button", {}, t("enter"))));
  input.focus();
}

async function route() {
  leaving.abort();
  leaving = new AbortController();
  alarm("");
  document.getElementById("leave").hidden = !session.key;
  if (!session.key) return keyView();
  const [, kind, id] = location.hash.match(/^#\/(exams|batches)\/([0-9a-f-]{36})$/) || [];
  const [, queue, asked] = location.hash.match(/^#\/(review)(?:\?(.*))?$/) || [];
  const { signal } = leaving;
  if (location.hash === "#/essay") return essayView();
  try {
    if (queue) return await reviewView(new URLSearchParams(asked), signal);
    await (kind ? { exams: examView, batches: batchView }[kind](id, signal) : homeView());
  } catch (error) {
    if (signal.aborted) return;
    if (error.status === 401) {
      session.key = null;
      keyView();
    }
    alarm(error.message);
  }
}

const language = document.getElementById("language");
language.textContent = t("other");
language.addEventListener("click", switchLanguage);
const leave = document.getElementById("leave");
leave.textContent = t("leave");
leave.addEventListener("click", () => {
  session.key = null;
  location.hash = "#/";
  route();
});
addEventListener("hashchange", route);
route();
