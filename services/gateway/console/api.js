// The public API, as any client calls it.
const BASE = "/api/v1";

export const session = {
  get key() { return sessionStorage.getItem("key"); },
  set key(value) { value ? sessionStorage.setItem("key", value) : sessionStorage.removeItem("key"); },
};

export class Refused extends Error {
  constructor(status, problem) {
    const named = (problem.errors || []).map((one) => `${one.pointer}: ${one.detail}`);
    const papers = (problem.papers || []).map((one) => `${one.name}: ${one.detail}`);
    super([problem.detail || `HTTP ${status}`, ...named, ...papers].join("\n"));
    this.status = status;
    this.code = problem.code;
    this.until = problem.leased_until;
  }
}

const authorization = () => ({ Authorization: `Bearer ${session.key}` });

async function checked(response) {
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Refused(response.status, problem);
}

export async function call(method, path, { body, headers = {} } = {}) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const type = body === undefined ? {} : { "Content-Type": "application/json" };
  return checked(await fetch(BASE + path, { method, headers: { ...authorization(), ...type, ...headers }, ...sent }));
}

export const get = async (path) => (await call("GET", path)).json();

// XMLHttpRequest, because fetch says nothing of how far an upload is.
export function upload(path, form, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", BASE + path);
    request.setRequestHeader("Authorization", `Bearer ${session.key}`);
    request.setRequestHeader("Idempotency-Key", random());
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onerror = () => reject(new Error("network"));
    request.onload = () => {
      const answer = JSON.parse(request.responseText || "{}");
      request.status < 300 ? resolve(answer) : reject(new Refused(request.status, answer));
    };
    request.send(form);
  });
}

export const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Every change of an exam or a batch to its end; a lost line is taken up where it broke. Read with fetch: EventSource sends no key.
export async function* follow(path, signal) {
  let last = null;
  let final = false;
  while (!signal.aborted) {
    try {
      const resume = last === null ? {} : { "Last-Event-ID": last };
      const response = await fetch(`${BASE}${path}/events`, { headers: { ...authorization(), ...resume }, signal });
      await checked(response);
      if (response.status === 204) return;
      for await (const [id, data] of frames(response.body)) {
        last = id;
        final = data.final;
        yield data;
      }
      if (final) return; // an earlier revision's end is followed by more: the server knows the last one
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused && error.status < 500 && error.status !== 429) throw error;
    }
    await pause(1000);
  }
}

async function* frames(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const parts = text.split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      const fields = Object.fromEntries(part.split("\n").map((line) => line.split(/: (.*)/s, 2)));
      if (fields.data) yield [fields.id, JSON.parse(fields.data)];
    }
  }
}
