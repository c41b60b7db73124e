// Keys of one letter, and how to turn them off: who dictates, or hits keys by accident, must be able to.
import { alarm, h } from "./dom.js";
import { t } from "./words.js";

const OFF = "keys_off";
const TYPING = "input:not([type=radio], [type=checkbox]), textarea, select";

export function shortcuts(acts, signal) {
  const box = h("input", { type: "checkbox", checked: localStorage.getItem(OFF) === null });
  box.addEventListener("change", () => (box.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
  document.addEventListener("keydown", async (event) => {
    const act = acts[event.key];
    const pressed = event.key === "Enter" && event.target.closest("a, button, form"); // it has a meaning of its own there
    if (!act || !box.checked || pressed || event.ctrlKey || event.metaKey || event.altKey || event.target.closest(TYPING)) return;
    event.preventDefault();
    try {
      await act();
    } catch (error) {
      alarm(error.message);
    }
  }, { signal });
  return h("p", { class: "keys" }, h("label", {}, box, t("keys_on")), " ", t("keys_help"));
}
