import { Idiomorph } from "idiomorph";
import { morphHead } from "./head.ts";
import type { Keep } from "./keep.ts";
import { document, native, own } from "./native.ts";
import { PAGE_ELEMENT, clientScript } from "./page.ts";
import { fresh, keyOf } from "./scripts.ts";
import { trusted } from "./trusted.ts";

export interface Morph {
  html: string;
  /** The one of this HTML: scripts that carry exactly it get the document's. */
  nonce: string;
  /** Whether scripts without it stay dead, wherever they come from. */
  strict: boolean;
  /** Null where another view begins; else what a person changed stays. */
  keep: Keep | null;
  base: string;
  /** Whether an operation put the element there. */
  ours(element: Element): boolean;
}

// The browser goes by the nonce of the document; new HTML carries that of its own render.
const living = (document.currentScript as HTMLScriptElement | null)?.nonce;

/** Makes this document what `html` says, and touches as little as possible. */
export function morph({ html, nonce, strict, keep, base, ours }: Morph): void {
  const isClient = (element: Element): boolean => own(element).matches(`#${PAGE_ELEMENT},${clientScript(base)}`);
  const read = (): Document => {
    const next = parse(html, nonce);
    for (const element of next.querySelectorAll("*")) if (isClient(element)) element.remove();
    return next;
  };
  const next = read();
  const scripts = new Set(Array.from(document.scripts, keyOf));
  // To 'strict-dynamic', what we put in is trusted; in a document of its own, these would not have run.
  if (strict) for (const script of next.scripts) if (script.nonce !== living) scripts.add(keyOf(script));
  copyAttributes(document.documentElement, next.documentElement);
  copyAttributes(document.body, next.body);
  morphHead({ next: next.head, title: next.title, scripts, ours, isClient });
  takeForms(document.body);
  const forms = takeForms(next.body);
  try {
    morphBody(next.body, keep, scripts, isClient);
  } catch (error) {
    console.warn("pycommunicate: the page could not be morphed", error);
    document.body.replaceChildren(...read().body.childNodes); // of `next`, some is here and some there
    revive(document.body, scripts);
  }
  for (const hole of document.querySelectorAll(HOLE)) {
    const form = forms[Number(hole.getAttribute("at"))];
    if (!form) continue;
    const here = document.importNode(form, true);
    hole.replaceWith(here);
    revive(here, scripts);
  }
}

/** Lets the scripts in `root` run that are not yet known. */
function revive(root: HTMLElement, scripts: Set<string>): void {
  for (const script of own(root).querySelectorAll("script")) script.replaceWith(fresh(script, scripts));
}

const HOLE = "pycommunicate-form";
/** What Idiomorph asks of the nodes that it meets. */
const ASKED = (
  "nodeType nodeName nodeValue tagName attributes children childNodes firstChild nextSibling parentNode parentElement ownerDocument outerHTML querySelector " +
  "querySelectorAll getAttribute setAttribute hasAttribute removeAttribute insertBefore moveBefore append appendChild remove removeChild contains matches cloneNode"
).split(" ");

/** Puts something else in the place of forms whose fields hide what Idiomorph asks: such forms are exchanged as a whole. */
function takeForms(body: HTMLElement): HTMLFormElement[] {
  const forms = [...body.getElementsByTagName("form")].filter((form) => ASKED.some((name) => Object.hasOwn(form, name)));
  forms.forEach((form, index) => {
    const hole = document.createElement(HOLE);
    hole.setAttribute("at", String(index));
    own(form).replaceWith(hole);
  });
  return forms;
}

function parse(html: string, nonce: string): Document {
  const next = native(new DOMParser().parseFromString(trusted(html), "text/html"));
  // Without scripting, the parser takes <noscript> for ordinary markup.
  for (const element of next.querySelectorAll("noscript")) element.textContent = element.innerHTML;
  for (const any of next.querySelectorAll<HTMLElement>("[nonce]")) {
    const element = own(any);
    const given = (element.getAttribute("nonce") === nonce && living) || "";
    element.setAttribute("nonce", given);
    element.nonce = given; // Chromium passes over an attribute that becomes empty
  }
  return next;
}

function copyAttributes(old: Element, next: Element): void {
  for (const { name } of [...old.attributes]) if (!next.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
}

function morphBody(next: HTMLElement, keep: Keep | null, scripts: Set<string>, isClient: (element: Element) => boolean): void {
  const kept = new Set<Element>();
  const inert: [there: Element, script: Element][] = [];
  void Idiomorph.morph(document.body, [...next.childNodes], {
    morphStyle: "innerHTML",
    restoreFocus: keep !== null,
    callbacks: {
      beforeNodeRemoved: (node) => !(node instanceof Element && isClient(node)),
      beforeNodeMorphed(old, becomes) {
        if (!(old instanceof Element)) return true;
        if (old instanceof HTMLScriptElement) {
          inert.push([old, becomes as Element]);
          return false;
        }
        if (keep?.protects(old, becomes as Element)) kept.add(old);
        return !(kept.has(old) && own(old).matches("[contenteditable]"));
      },
      beforeAttributeUpdated: (name, element) => name !== "nonce" && !(keep && holds(kept, name, element)),
      afterNodeAdded(node) {
        if (!(node instanceof Element)) return;
        const found = node instanceof HTMLScriptElement ? [node] : own(node).getElementsByTagName("script");
        for (const script of found) inert.push([script, script]);
      },
    },
  });
  // One that came into its group while the old choice was still there has lost its check to it.
  for (const radio of document.querySelectorAll<HTMLInputElement>("[type=radio][checked]:indeterminate")) radio.checked = true;
  for (const [there, script] of inert) {
    if (!scripts.has(keyOf(script as HTMLScriptElement))) there.replaceWith(fresh(script, scripts));
  }
}

/** Whether the attribute stands for something that a person changed. */
function holds(kept: Set<Element>, name: string, element: Element): boolean {
  if (name === "open") return /^(details|dialog)$/.test(own(element).localName);
  if (name === "selected") return kept.has(own(element).closest("select")!);
  return (name === "value" || name === "checked") && kept.has(element);
}
