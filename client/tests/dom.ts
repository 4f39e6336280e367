// A document for tests, in place before the client's modules are loaded: import this first.
import { Window } from "happy-dom";

export const window = new Window({ url: "http://localhost/page" });

const NAMES = [
  "document", "location", "history", "Node", "Element", "HTMLElement", "HTMLFormElement", "HTMLInputElement",
  "HTMLSelectElement", "HTMLTextAreaElement", "HTMLDetailsElement", "HTMLScriptElement", "Document", "DocumentFragment",
  "DOMParser", "FileList", "FormData", "File", "Event", "UIEvent", "MouseEvent",
  "KeyboardEvent", "CustomEvent", "CSS", "CSSStyleSheet", "Range", "sessionStorage", "scrollX", "scrollY", "scrollTo",
] as const;

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

for (const name of NAMES) define(name, (window as unknown as Record<string, unknown>)[name]);
define("window", window);
// happy-dom's lists of tokens do not say what they are.
const tokens = window.document.body.classList.constructor.prototype as object;
Object.defineProperty(tokens, Symbol.toStringTag, { value: "DOMTokenList", configurable: true });

export function body(html: string): void {
  document.body.innerHTML = html;
}

export function $(selector: string): HTMLElement {
  const element = document.querySelector<HTMLElement>(selector);
  if (!element) throw new Error(`no ${selector} in ${document.body.innerHTML}`);
  return element;
}
