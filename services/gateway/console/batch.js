// A batch: how far it is as it changes, what became of each paper, the report on the class.
import { call, follow, get } from "./api.js";
import { button, fileButton } from "./controls.js";
import { alarm, h, show } from "./dom.js";
import { names, t } from "./words.js";

const PAGE = 100;
const PACE = 2000; // milliseconds between two looks at the papers: the counts change more often

export async function batchView(batchId, signal) {
  const path = `/batches/${batchId}`;
  const batch = await get(path);
  const bar = h("progress", { max: 100, value: batch.progress, "aria-label": t("progress") });
  const words = h("p", { role: "status" });
  const counts = h("ul", { class: "counts" });
  const actions = h("p", { class: "links" });
  const papers = papersTable(path);
  show(h("p", {}, h("a", { href: "#/" }, t("back"))), h("h1", {}, batch.name || t("batch")),
    h("section", {}, bar, words, counts, actions), h("section", {}, h("h2", {}, t("papers_of_batch")), papers.element));

  const draw = (now) => {
    bar.value = now.progress;
    words.textContent = summary(now);
    counts.replaceChildren(...Object.entries(now.counts).map(([state, n]) => h("li", {}, `${names("states")[state]} `, h("b", {}, String(n)))));
    const ended = ["COMPLETED", "CANCELLED"].includes(now.status);
    const offered = ended ? (now.counts.COMPLETED ? "reports" : "none") : "cancel";
    if (actions.dataset.offered === offered) return;
    actions.dataset.offered = offered;
    actions.replaceChildren(...{
      reports: () => [fileButton("class_html", `${path}/class-report.html?lang=${t("lang")}`), fileButton("class_pdf", `${path}/class-report.pdf?lang=${t("lang")}`)],
      cancel: () => [button("cancel", () => call("POST", `${path}/cancel`))],
      none: () => [],
    }[offered]());
  };
  draw(batch);
  await papers.load();
  let looked = Date.now();
  for await (const now of follow(path, signal)) {
    draw(now);
    if (now.final || Date.now() - looked > PACE) {
      looked = Date.now();
      await papers.load().catch((error) => alarm(error.message));
    }
  }
  if (signal.aborted) return;
  draw(await get(path));
  await papers.load();
}

function summary(now) {
  const done = ["COMPLETED", "FAILED", "CANCELLED", "EXPIRED"].reduce((sum, state) => sum + (now.counts[state] || 0), 0);
  const refused = now.refused ? t("refused_of", now.refused) : "";
  return t("done_of", done, now.papers - now.refused) + refused;
}

// The papers in their order, as many as are shown; `load` looks at them again.
function papersTable(path) {
  const rows = h("tbody");
  const more = button("more", () => { shown += PAGE; return load(); });
  let shown = PAGE;

  async function load() {
    const found = [];
    let cursor = null;
    do {
      const page = await get(`${path}/exams?limit=${PAGE}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
      found.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor && found.length < shown);
    rows.replaceChildren(...found.map(row));
    more.hidden = !cursor;
  }

  const head = ["number", "name", "student_id", "status"].map((word) => h("th", { scope: "col" }, t(word)));
  more.hidden = true;
  return { load, element: h("div", { class: "wide" }, h("table", {}, h("thead", {}, h("tr", {}, head)), rows), more) };
}

function row(paper) {
  const exam = paper.exam;
  const name = exam ? h("a", { href: `#/exams/${paper.exam_id}` }, paper.name) : paper.name;
  const state = exam ? names("states")[exam.status] : names("outcomes")[paper.state];
  const why = (paper.problem && paper.problem.detail) || (exam && exam.error_message);
  return h("tr", {}, h("td", {}, String(paper.number)), h("td", {}, name), h("td", {}, (exam && exam.student_id) || ""),
    h("td", {}, state, [why, ...paper.advice.map((one) => one.text)].filter(Boolean).map((line) => h("small", {}, line))));
}
