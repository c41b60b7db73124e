// Pictures of questions: fetched, because an image sends no key; the next one before it is asked for.
import { call } from "./api.js";
import { h } from "./dom.js";
import { t } from "./words.js";

export class Pictures {
  #found = new Map();
  #signal;

  constructor(signal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#found.forEach((found) => found.then(URL.revokeObjectURL, () => null)));
  }

  fetch(item) {
    const path = `/exams/${item.exam_id}/questions/${encodeURIComponent(item.path.join("."))}/crop.png`;
    if (!this.#found.has(item.id)) this.#found.set(item.id, call("GET", path).then((answer) => answer.blob()).then(URL.createObjectURL));
    const found = this.#found.get(item.id);
    found.catch(() => this.#found.delete(item.id)); // another look is another try
    return found;
  }

  figure(item) {
    const image = h("img", { alt: t("question", item.question.number) });
    const figure = h("figure", { class: "crop" }, image);
    this.fetch(item).then((url) => { image.src = url; }, (error) => {
      if (this.#signal.aborted) return;
      figure.replaceChildren(h("figcaption", {}, [404, 410].includes(error.status) ? t("no_picture") : error.message));
    });
    return figure;
  }
}
