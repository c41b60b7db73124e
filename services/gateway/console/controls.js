// Buttons that call the API, and say what went wrong.
import { call } from "./api.js";
import { alarm, h } from "./dom.js";
import { t } from "./words.js";

export function button(word, act) {
  const element = h("button", { type: "button", class: "plain" }, t(word));
  element.addEventListener("click", async () => {
    element.disabled = true;
    try {
      await act();
    } catch (error) {
      alarm(error.message);
    }
    element.disabled = false;
  });
  return element;
}

// A file of the API in a tab of its own: fetched, because a link sends no key.
export const fileButton = (word, path) => button(word, async () => {
  const tab = open("", "_blank");
  try {
    tab.location = URL.createObjectURL(await (await call("GET", path)).blob());
  } catch (error) {
    tab.close();
    throw error;
  }
});
