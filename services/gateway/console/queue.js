// The review queue as far as it was fetched, and where in it the teacher is. `asked`: the filters.
import { get } from "./api.js";

export async function openQueue(asked) {
  const items = [];
  let cursor = null;
  let at = 0;
  let open = 0;
  const load = async () => {
    const page = await get(`/review?${new URLSearchParams([...asked, ...(cursor ? [["cursor", cursor]] : [])])}`);
    items.push(...page.items);
    cursor = page.next_cursor;
    open = page.open;
  };
  const reach = async () => {
    if (at >= items.length && cursor) await load();
    at = Math.max(0, Math.min(at, items.length - 1));
  };
  await load();
  return {
    get current() { return items[at]; },
    get following() { return items[at + 1]; },
    get place() { return at + 1; },
    get open() { return Math.max(open, items.length); },
    async move(by) {
      const before = at;
      at = Math.max(0, at + by);
      await reach();
      return at !== before;
    },
    async again() {
      items.length = 0;
      cursor = null;
      await load();
    },
    async drop() {
      items.splice(at, 1);
      open -= 1;
      await reach();
    },
  };
}
