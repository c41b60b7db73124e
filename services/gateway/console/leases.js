// Questions that this tab has taken, so that no two teachers decide the same one. They end by themselves.
import { call } from "./api.js";
import { locale } from "./words.js";

const MINUTES = 5;
const kept = (id) => `lease/${id}`;

export const leases = {
  of: (id) => sessionStorage.getItem(kept(id)) || undefined,
  forget: (id) => sessionStorage.removeItem(kept(id)),
  // Take or renew one; until when somebody else has it, as a time of day, or null.
  async take(id) {
    try {
      const taken = await (await call("POST", `/review/${id}/lease`, { body: { minutes: MINUTES, lease: this.of(id) } })).json();
      sessionStorage.setItem(kept(id), taken.lease);
      return null;
    } catch (error) {
      if (error.code !== "review_item_leased") throw error;
      this.forget(id);
      return new Date(error.until).toLocaleTimeString(locale(), { timeStyle: "short" });
    }
  },
};
