// LaTeX of answers and keys, as results have it, drawn as MathML. Nothing of it becomes markup: elements are made one by one.
const MATHML = "http://www.w3.org/1998/Math/MathML";
const TOKEN = /\\[a-zA-Z]+|\\[\s\S]|\d+(?:\.\d+)?|[\s\S]/gu;
const SIGNS = {
  times: "×", div: "÷", cdot: "·", pm: "±", mp: "∓", le: "≤", ge: "≥", neq: "≠", approx: "≈", equiv: "≡", sim: "∽", cong: "≌",
  angle: "∠", triangle: "△", perp: "⊥", parallel: "∥", in: "∈", notin: "∉", subset: "⊂", subseteq: "⊆", supset: "⊃",
  supseteq: "⊇", cup: "∪", cap: "∩", because: "∵", therefore: "∴", rightarrow: "→", Rightarrow: "⇒", Leftrightarrow: "⇔",
  uparrow: "↑", downarrow: "↓", rightleftharpoons: "⇌", odot: "⊙", sum: "∑", int: "∫", forall: "∀", exists: "∃",
  complement: "∁", frown: "⌒", circ: "°", prime: "′", infty: "∞", emptyset: "∅", ldots: "…", backslash: "∖", quad: "\u2003",
  pi: "π", alpha: "α", beta: "β", gamma: "γ", delta: "δ", theta: "θ", lambda: "λ", mu: "μ", rho: "ρ", sigma: "σ",
  varphi: "φ", omega: "ω", Delta: "Δ", Omega: "Ω", varepsilon: "ε", eta: "η", nu: "ν", tau: "τ", psi: "ψ", Gamma: "Γ",
  Phi: "Φ", Sigma: "Σ", textbackslash: "\\", textasciicircum: "^",
};
const ACCENTS = { overline: "‾", vec: "→", hat: "^", widehat: "⌒", bar: "‾", overrightarrow: "→" };
const SUMS = new Set(["+", "-", "±"]);
const CLOSING = new Set([")", "]", "}", "|", "!", "'"]);

// What stands for an answer: words as text, which wraps, and formulas between them; the text itself where there is no LaTeX.
export function formula(latex, text) {
  if (!latex) return text;
  const parts = [];
  for (const node of new Reader(latex.match(TOKEN)).row()) {
    const last = parts.at(-1);
    if (node.localName === "mtext") parts.push(node.textContent);
    else if (last instanceof Element) last.append(node);
    else parts.push(m("math", node));
  }
  return parts;
}

function m(tag, ...children) {
  const element = document.createElementNS(MATHML, tag);
  element.append(...children);
  return element;
}

// Exactly one element, as the parts of a fraction or a script have to be.
const box = (nodes) => (nodes.length === 1 ? nodes[0] : m("mrow", ...nodes));

class Reader {
  constructor(tokens) {
    this.tokens = tokens;
    this.at = 0;
  }

  // Nodes up to one of the tokens, which is taken.
  row(...ends) {
    const nodes = [];
    while (this.at < this.tokens.length) {
      const token = this.tokens[this.at++];
      if (ends.includes(token)) break;
      if (/^\s$/.test(token)) continue;
      if (token === "^" || token === "_") nodes.push(this.script(nodes.pop(), token));
      else nodes.push(this.atom(token, nodes.at(-1)));
    }
    return nodes;
  }

  argument() {
    return this.tokens[this.at] === "{" ? (this.at++, this.row("}")) : [this.atom(this.tokens[this.at++] ?? "")];
  }

  script(base, sign) {
    const body = box(this.argument());
    if (sign === "^" && ["°", "′"].includes(body.textContent)) return m("mrow", ...(base ? [base] : []), body);
    const other = sign === "_" && this.tokens[this.at] === "^";
    if (!other) return m(sign === "^" ? "msup" : "msub", base ?? m("mrow"), body);
    this.at++;
    return m("msubsup", base ?? m("mrow"), body, box(this.argument()));
  }

  atom(token, before) {
    if (token === "{") return box(this.row("}"));
    if (/^\d/.test(token)) return m("mn", token);
    if (/^[a-zA-Z]$/.test(token)) return m("mi", token);
    if (/^\\[a-zA-Z]/.test(token)) return this.command(token.slice(1), before);
    return this.operator(token.replace(/^\\/, ""), before);
  }

  operator(sign, before) {
    const element = m("mo", sign === "-" ? "−" : sign);
    if (SUMS.has(sign) && (!before || (before.localName === "mo" && !CLOSING.has(before.textContent)))) element.setAttribute("form", "prefix");
    return element;
  }

  command(name, before) {
    if (name === "frac") return m("mfrac", box(this.argument()), box(this.argument()));
    if (name === "sqrt") return this.root();
    if (name === "text" || name === "mathrm") return m(name === "text" ? "mtext" : "mi", this.words(name));
    if (name === "left") return this.fence();
    if (name === "begin") return this.lines();
    if (Object.hasOwn(ACCENTS, name)) return m("mover", box(this.argument()), m("mo", ACCENTS[name]));
    if (!Object.hasOwn(SIGNS, name)) return m("mi", name);
    return /[\p{L}∞∅…°]/u.test(SIGNS[name]) ? m("mi", SIGNS[name]) : this.operator(SIGNS[name], before);
  }

  root() {
    if (this.tokens[this.at] !== "[") return m("msqrt", ...this.argument());
    this.at++;
    const index = box(this.row("]"));
    return m("mroot", box(this.argument()), index);
  }

  // The text of a group.
  words() {
    let said = "";
    for (let depth = 0; this.at < this.tokens.length;) {
      const token = this.tokens[this.at++];
      if (token === "{") depth++;
      else if (token === "}" && --depth === 0) break;
      else if (token !== "}") said += SIGNS[token.slice(1)] ?? token.replace(/^\\/, "");
    }
    return said;
  }

  fence() {
    const opened = this.delimiter();
    const inside = this.row("\\right");
    return m("mrow", ...[opened, ...inside, this.delimiter()].filter(Boolean));
  }

  delimiter() {
    const sign = (this.tokens[this.at++] ?? ".").replace(/^\\/, "");
    return sign === "." ? null : m("mo", sign);
  }

  lines() {
    const braced = this.words() === "cases";
    if (!braced) this.words(); // how the columns stand
    const rows = [[]];
    const inside = this.row("\\end");
    for (const node of inside) node.textContent === "\\" && node.localName === "mo" ? rows.push([]) : rows.at(-1).push(node);
    this.words();
    const table = m("mtable", ...rows.map((row) => m("mtr", m("mtd", ...row))));
    return m("mrow", ...(braced ? [m("mo", "{")] : []), table);
  }
}
