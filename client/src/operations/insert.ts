import { OperationError } from "../errors.ts";
import { document, own } from "../native.ts";
import { refusesTag } from "../safety.ts";
import { trusted } from "../trusted.ts";
import { type Scope, forget, forgetChildren } from "./scope.ts";

const SVG = "http://www.w3.org/2000/svg";
const HTML = "http://www.w3.org/1999/xhtml";

const { createElement, createElementNS } = document;

/** A new element that is to be a child of `parent`. */
export function createIn(target: Element, tag: string): Element {
  const parent = own(target);
  if (refusesTag(tag) || refusesTag(parent.localName)) throw new OperationError("refused");
  const foreign = tag === "svg" ? SVG : parent.localName === "foreignObject" ? HTML : parent.namespaceURI;
  return foreign === HTML ? createElement(tag) : createElementNS(foreign, tag);
}

function create(scope: Scope, handle: number, tag: string, parent: Element): Element {
  const element = createIn(parent, tag);
  scope.handles.set(handle, element);
  return element;
}

function parentOf(reference: Element): Element {
  const parent = own(reference).parentElement;
  if (!parent) throw new OperationError("gone");
  return parent;
}

export function addChild(scope: Scope, parent: number, handle: number, tag: string): void {
  const element = scope.handles.get(parent);
  own(element).appendChild(create(scope, handle, tag, element));
}

export function prependChild(scope: Scope, parent: number, handle: number, tag: string): void {
  const element = scope.handles.get(parent);
  own(element).insertBefore(create(scope, handle, tag, element), own(element).firstChild);
}

export function addBefore(scope: Scope, reference: number, handle: number, tag: string): void {
  const element = scope.handles.get(reference);
  const parent = parentOf(element);
  own(parent).insertBefore(create(scope, handle, tag, parent), element);
}

export function addAfter(scope: Scope, reference: number, handle: number, tag: string): void {
  const element = scope.handles.get(reference);
  const parent = parentOf(element);
  own(parent).insertBefore(create(scope, handle, tag, parent), own(element).nextSibling);
}

export function appendHtml(scope: Scope, handle: number, html: string): void {
  const element = own(scope.handles.get(handle));
  if (refusesTag(element.localName)) throw new OperationError("refused");
  const template = document.createElement("template");
  const made = template.content;
  if (element.namespaceURI === SVG && element.localName !== "foreignObject") {
    template.innerHTML = trusted(`<svg>${html}</svg>`); // without it, a circle would be an unknown element of HTML
    const around = made.firstChild!;
    while (around.firstChild) made.insertBefore(around.firstChild, around);
    around.remove();
  } else template.innerHTML = trusted(html);
  element.appendChild(made);
}

export function remove(scope: Scope, handle: number): void {
  const element = scope.handles.get(handle);
  if (element === document.documentElement) throw new OperationError("failed", "the document element stays");
  own(element).remove();
  forget(scope, element);
}

export function clear(scope: Scope, handle: number): void {
  const element = scope.handles.get(handle);
  forgetChildren(scope, element);
  own(element).replaceChildren();
}
