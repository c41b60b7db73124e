// The list of papers, and a form for a new one.
import { get, upload } from "./api.js";
import { alarm, h, show } from "./dom.js";
import { locale, names, t } from "./words.js";

export async function homeView() {
  const rows = h("tbody");
  const more = h("button", { type: "button", class: "plain", hidden: true }, t("more"));
  const nothing = h("p", { hidden: true }, t("none"));
  show(h("h1", {}, t("upload")), uploadForm(), h("section", {}, h("h2", {}, t("papers")),
    h("table", {}, h("thead", {}, h("tr", {}, ...["created", "title", "class_id", "student_id", "status"].map((name) => h("th", { scope: "col" }, t(name))))), rows),
    nothing, more));
  let cursor = null;
  const load = async () => {
    const page = await get(`/exams?limit=20${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
    rows.append(...page.items.map(row));
    cursor = page.next_cursor;
    more.hidden = !cursor;
    nothing.hidden = rows.childElementCount > 0;
  };
  more.addEventListener("click", () => load().catch((error) => alarm(error.message)));
  await load();
}

function row(exam) {
  const when = new Date(exam.created_at).toLocaleString(locale());
  const name = exam.title || names("subjects")[exam.subject];
  return h("tr", {}, h("td", {}, h("a", { href: `#/exams/${exam.exam_id}` }, when)), h("td", {}, name),
    h("td", {}, exam.class_id || ""), h("td", {}, exam.student_id || ""), h("td", {}, names("states")[exam.status]));
}

function uploadForm() {
  let files = [];
  const list = h("ol", { class: "files" });
  const input = h("input", { type: "file", multiple: true, accept: "image/jpeg,image/png,image/webp,image/tiff,.pdf,.zip" });
  const drop = h("label", { class: "drop" }, t("drop"), input);
  const progress = h("progress", { max: 1, value: 0, hidden: true, "aria-label": t("sending") });
  const button = h("button", {}, t("submit"));

  const choose = (added) => {
    files = [...files, ...added];
    list.replaceChildren(...files.map((file, index) => h("li", {}, file.name,
      h("button", { type: "button", class: "plain", onclick: () => { files.splice(index, 1); choose([]); } }, t("remove")))));
  };
  input.addEventListener("change", () => { choose(input.files); input.value = ""; });
  const hover = (over) => (event) => { event.preventDefault(); drop.classList.toggle("over", over); };
  drop.addEventListener("dragover", hover(true));
  drop.addEventListener("dragleave", hover(false));
  drop.addEventListener("drop", (event) => { hover(false)(event); choose(event.dataTransfer.files); });

  const send = async (event) => {
    event.preventDefault();
    alarm(files.length ? "" : t("no_files"));
    if (!files.length) return;
    const form = new FormData(event.target);
    for (const name of [...form.keys()]) if (!form.get(name)) form.delete(name);
    form.set("locale", locale());
    files.forEach((file, index) => form.append("files", file, `page-${index + 1}${suffix(file.name)}`));
    progress.hidden = false;
    button.disabled = true;
    try {
      const exam = await upload(form, (share) => { progress.value = share; });
      location.hash = `#/exams/${exam.exam_id}`;
    } catch (error) {
      alarm(error.message);
      progress.hidden = true;
      button.disabled = false;
    }
  };
  const options = Object.entries(names("subjects")).map(([value, name]) => h("option", { value }, name));
  const grades = Array.from({ length: 12 }, (_, index) => h("option", { value: index + 1, selected: index === 6 }, String(index + 1)));
  return h("form", { class: "card", onsubmit: send }, drop, list,
    h("div", { class: "fields" },
      h("label", {}, t("subject"), h("select", { name: "subject" }, options)),
      h("label", {}, t("grade"), h("select", { name: "grade" }, grades)),
      ...["title", "class_id", "student_id"].map((name) => h("label", {}, t(name), h("input", { name })))),
    h("label", {}, t("answer_key"), h("textarea", { name: "answer_key", rows: 3, spellcheck: false })),
    h("p", {}, button), progress);
}

const suffix = (name) => (name.includes(".") ? name.slice(name.lastIndexOf(".")).toLowerCase() : "");
