import { refusesCss } from "../css.ts";
import { OperationError } from "../errors.ts";
import { own } from "../native.ts";
import { isHarmlessAttribute, refuses } from "../safety.ts";
import type { Scope } from "./scope.ts";

type Styled = Element & ElementCSSInlineStyle;

export function setAttribute(scope: Scope, handle: number, name: string, value: string | null): void {
  setAttributeOf(scope.handles.get(handle), name, value);
}

export function setAttributeOf(target: Element, name: string, value: string | null): void {
  const element = own(target);
  if (!isHarmlessAttribute(name) && refuses(target, name, value)) throw new OperationError("refused");
  if (value === null) element.removeAttribute(name);
  // A Content-Security-Policy without 'unsafe-inline' forbids the attribute and allows the object model.
  else if (name.toLowerCase() === "style") (element as Styled).style.cssText = value;
  else element.setAttribute(name, value);
}

export function setClasses(scope: Scope, handle: number, added: string[], removed: string[]): void {
  setClassesOf(scope.handles.get(handle), added, removed);
}

export function setClassesOf(element: Element, added: string[], removed: string[]): void {
  const { classList } = own(element);
  classList.remove(...removed);
  classList.add(...added);
}

export function setStyle(scope: Scope, handle: number, name: string, value: string | null): void {
  setStyleOf(scope.handles.get(handle), name, value);
}

export function setStyleOf(element: Element, name: string, value: string | null): void {
  const { style } = own(element) as Styled;
  if (!/^[-\w]+$/.test(name) || refusesCss(`${name}:${value}`)) throw new OperationError("refused");
  if (name.startsWith("--")) {
    style.setProperty(name, value ?? "");
    return;
  }
  const known = style as unknown as Record<string, unknown>;
  if (name.startsWith("__") || typeof known[name] === "function") throw new OperationError("refused");
  known[name] = value ?? "";
}
