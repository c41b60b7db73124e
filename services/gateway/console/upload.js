// The form for a paper, or for many at once.
import { upload } from "./api.js";
import { alarm, h } from "./dom.js";
import { locale, names, t } from "./words.js";

export function uploadForm() {
  let files = [];
  const list = h("ol", { class: "files" });
  const input = h("input", { type: "file", multiple: true, accept: "image/jpeg,image/png,image/webp,image/tiff,.pdf,.zip" });
  const drop = h("label", { class: "drop" }, t("drop"), input);
  const progress = h("progress", { max: 1, value: 0, hidden: true, "aria-label": t("sending") });
  const button = h("button", {}, t("submit"));
  const form = h("form", { class: "card" }, modes(), drop, list, fields(), h("p", {}, button), progress);
  const many = () => form.elements.mode.value === "many";

  const choose = (added) => {
    files = [...files, ...added];
    if ([...added].some(isArchive)) form.elements.mode.value = "many";
    list.replaceChildren(...files.map((file, index) => h("li", {}, file.name,
      h("button", { type: "button", class: "plain", onclick: () => { files.splice(index, 1); choose([]); } }, t("remove")))));
    arrange();
  };
  const arrange = () => { form.classList.toggle("many", many()); };
  form.addEventListener("change", arrange);
  input.addEventListener("change", () => { choose(input.files); input.value = ""; });
  const hover = (over) => (event) => { event.preventDefault(); drop.classList.toggle("over", over); };
  drop.addEventListener("dragover", hover(true));
  drop.addEventListener("dragleave", hover(false));
  drop.addEventListener("drop", (event) => { hover(false)(event); choose(event.dataTransfer.files); });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    alarm(files.length ? "" : t("no_files"));
    if (!files.length) return;
    progress.hidden = false;
    button.disabled = true;
    try {
      const path = many() ? "/batches" : "/exams";
      const made = await upload(path, body(form, files, many()), (share) => { progress.value = share; });
      location.hash = `#${path}/${made.batch_id || made.exam_id}`;
    } catch (error) {
      alarm(error.message);
      progress.hidden = true;
      button.disabled = false;
    }
  });
  return form;
}

// What is sent. Pages lose their names, which may be pupils'; papers of a batch keep them, as outcomes are told by them.
function body(form, files, many) {
  const data = new FormData(form);
  data.delete("mode");
  for (const name of many ? ["title", "student_id"] : ["name", "manifest"]) data.delete(name);
  for (const name of [...data.keys()]) if (!data.get(name)) data.delete(name);
  data.set("locale", locale());
  if (many && files.length === 1 && isArchive(files[0])) data.append("archive", files[0], files[0].name);
  else files.forEach((file, index) => data.append("files", file, many ? file.name : `page-${index + 1}${suffix(file.name)}`));
  return data;
}

function modes() {
  const one = (value, checked) => h("label", {}, h("input", { type: "radio", name: "mode", value, checked }), t(value));
  return h("fieldset", { class: "modes" }, h("legend", {}, t("mode")), one("single", true), one("many", false));
}

function fields() {
  const options = Object.entries(names("subjects")).map(([value, name]) => h("option", { value }, name));
  const grades = Array.from({ length: 12 }, (_, index) => h("option", { value: index + 1, selected: index === 6 }, String(index + 1)));
  const text = (name, kind = "") => h("label", { class: kind }, t(name), h("input", { name, maxlength: 200 }));
  const area = (name, kind = "") => h("label", { class: kind }, t(name), h("textarea", { name, rows: 3, spellcheck: false }));
  return h("div", {}, h("div", { class: "fields" },
    h("label", {}, t("subject"), h("select", { name: "subject" }, options)), h("label", {}, t("grade"), h("select", { name: "grade" }, grades)),
    text("name", "of-many"), text("title", "of-single"), text("class_id"), text("student_id", "of-single")),
  area("answer_key"), area("manifest", "of-many"));
}

const isArchive = (file) => /\.zip$/i.test(file.name);
const suffix = (name) => (name.includes(".") ? name.slice(name.lastIndexOf(".")).toLowerCase() : "");
