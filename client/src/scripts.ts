import { document } from "./native.ts";
import { trusted } from "./trusted.ts";

/** What a script runs, and with which nonce: two elements with the same key are one script, and it runs once. */
export function keyOf(script: HTMLScriptElement): string {
  const src = script.getAttribute("src");
  return `${script.nonce} ${script.type} ${src === null ? script.textContent : new URL(src, document.baseURI).href}`;
}

/** A copy of `element` for this document. A script that is not among `known` will run. */
export function fresh(element: Element, known: Set<string>): Element {
  if (!(element instanceof HTMLScriptElement) || known.has(keyOf(element))) return document.importNode(element, true);
  known.add(keyOf(element));
  // Scripts from a DOMParser never run; those of a contextual fragment do, in order, and Trusted Types allow them.
  const copy = document.createRange().createContextualFragment(trusted(element.outerHTML)).firstElementChild as HTMLScriptElement;
  copy.nonce = element.nonce; // the browser empties the attribute of an element that is in the document
  return copy;
}
