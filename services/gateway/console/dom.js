// Elements from data. Text is always text: what stands on a paper never becomes markup.
const SVG = "http://www.w3.org/2000/svg";

export function h(tag, attributes = {}, ...children) {
  const drawn = ["svg", "rect", "title"].includes(tag);
  const element = drawn ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export function show(...children) {
  const main = document.getElementById("main");
  main.replaceChildren(...children.filter(Boolean));
  main.focus({ preventScroll: true });
}

export function alarm(text) {
  const alert = document.getElementById("alert");
  alert.textContent = text;
  alert.hidden = !text;
}
