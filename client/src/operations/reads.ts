import { OperationError } from "../errors.ts";
import { formData } from "../forms.ts";
import { document, own } from "../native.ts";
import { refusesProperty } from "../safety.ts";
import type { Scope } from "./scope.ts";

// Reads return what the browser holds; apply.ts makes the answer of it. A tag comes first, which none of them needs.

export function select(selector: string): Element | null {
  try {
    return document.querySelector(selector);
  } catch {
    throw new OperationError("invalid_selector");
  }
}

/** An element that has a handle keeps it: a handler that looks it up each time must not add to the table each time. */
export function find(scope: Scope, _tag: number, handle: number, selector: string): boolean | Element {
  const element = select(selector);
  if (!element) return false;
  if (scope.handles.has(element)) return element;
  scope.handles.set(handle, element);
  return true;
}

export function exists(_scope: Scope, _tag: number, selector: string): boolean {
  return select(selector) !== null;
}

export function getProperty(scope: Scope, _tag: number, handle: number, name: string): unknown {
  if (refusesProperty(name)) throw new OperationError("refused");
  return (own(scope.handles.get(handle)) as unknown as Record<string, unknown>)[name];
}

export function getStyle(scope: Scope, _tag: number, handle: number, name: string): string {
  const { style } = own(scope.handles.get(handle)) as HTMLElement;
  if (name.startsWith("--")) return style.getPropertyValue(name);
  const value = (style as unknown as Record<string, unknown>)[name];
  return typeof value === "string" ? value : "";
}

export function getAttribute(scope: Scope, _tag: number, handle: number, name: string): string | null {
  return own(scope.handles.get(handle)).getAttribute(name);
}

export function getAttributes(scope: Scope, _tag: number, handle: number): unknown {
  return Object.fromEntries(Array.from(own(scope.handles.get(handle)).attributes, ({ name, value }) => [name, value]));
}

export function getClasses(scope: Scope, _tag: number, handle: number): string[] {
  return [...own(scope.handles.get(handle)).classList];
}

export function readForm(scope: Scope, _tag: number, handle: number): unknown {
  return formData(scope.handles.get(handle));
}

let lastTicket: [ticket: string, answer: Promise<boolean>] | undefined;

/** A ticket is good for one use: asked again after a broken connection, the answer is the same. */
export function redeem(scope: Scope, _tag: number, ticket: string): Promise<boolean> {
  if (lastTicket?.[0] !== ticket) lastTicket = [ticket, post(location.origin + scope.base + "/ticket", ticket)];
  return lastTicket[1];
}

/** Only 204 says that the cookie was set: whatever else answers is not the ticket's door. */
async function post(url: string, body: string): Promise<boolean> {
  try {
    return (await fetch(url, { method: "POST", body, redirect: "error" })).status === 204;
  } catch {
    return false;
  }
}
