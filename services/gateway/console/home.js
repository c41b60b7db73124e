// The lists of papers and batches, and a form for new ones.
import { get } from "./api.js";
import { alarm, h, show } from "./dom.js";
import { uploadForm } from "./upload.js";
import { locale, names, t } from "./words.js";

export async function homeView() {
  const batches = table("papers_together", ["created", "name", "progress"], "/batches?limit=5", batchRow);
  const exams = table("papers", ["created", "title", "class_id", "student_id", "status"], "/exams?limit=20", examRow);
  batches.section.hidden = true;
  exams.section.append(h("p", { hidden: true, class: "nothing" }, t("none")));
  show(h("h1", {}, t("upload")), uploadForm(), h("p", { class: "links" }, h("a", { href: "#/essay" }, t("essay")), h("a", { href: "#/review" }, t("review_queue"))), batches.section, exams.section);
  const [some, any] = [await batches.load(), await exams.load()];
  batches.section.hidden = !some;
  exams.section.querySelector(".nothing").hidden = any > 0;
}

// A list of the API, newest first: its section, and how to load the next page (answers how many rows there are).
function table(heading, columns, path, row) {
  const rows = h("tbody");
  const more = h("button", { type: "button", class: "plain", hidden: true }, t("more"));
  const head = columns.map((name) => h("th", { scope: "col" }, t(name)));
  let cursor = null;
  const load = async () => {
    const page = await get(`${path}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
    rows.append(...page.items.map(row));
    cursor = page.next_cursor;
    more.hidden = !cursor;
    return rows.childElementCount;
  };
  more.addEventListener("click", () => load().catch((error) => alarm(error.message)));
  const section = h("section", {}, h("h2", {}, t(heading)), h("div", { class: "wide" }, h("table", {}, h("thead", {}, h("tr", {}, head)), rows)), more);
  return { section, load };
}

const when = (moment) => new Date(moment).toLocaleString(locale(), { dateStyle: "short", timeStyle: "short" });

function examRow(exam) {
  const name = exam.title || names("subjects")[exam.subject];
  return h("tr", {}, h("td", {}, h("a", { href: `#/exams/${exam.exam_id}` }, when(exam.created_at))), h("td", {}, name),
    h("td", {}, exam.class_id || ""), h("td", {}, exam.student_id || ""), h("td", {}, names("states")[exam.status]));
}

function batchRow(batch) {
  const name = batch.name || t("batch_of", batch.papers);
  return h("tr", {}, h("td", {}, h("a", { href: `#/batches/${batch.batch_id}` }, when(batch.created_at))), h("td", {}, name),
    h("td", {}, `${batch.progress}%`));
}
