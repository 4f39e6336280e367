import { OperationError } from "../errors.ts";
import { isPrototypeName, isScriptText, refusesAddress, refusesAttribute } from "../safety.ts";
import type { Scope } from "./scope.ts";

type Styled = Element & ElementCSSInlineStyle;

export function setAttribute(scope: Scope, handle: number, name: string, value: string | null): void {
  const element = scope.handles.get(handle);
  if (refusesAttribute(name) || refusesAddress(name, value) || isScriptText(element, name)) throw new OperationError("refused");
  if (value === null) element.removeAttribute(name);
  // A Content-Security-Policy without 'unsafe-inline' forbids the attribute and allows the object model.
  else if (name.toLowerCase() === "style") (element as Styled).style.cssText = value;
  else element.setAttribute(name, value);
}

export function setClasses(scope: Scope, handle: number, added: string[], removed: string[]): void {
  const { classList } = scope.handles.get(handle);
  classList.remove(...removed);
  classList.add(...added);
}

export function setStyle(scope: Scope, handle: number, name: string, value: string | null): void {
  const { style } = scope.handles.get(handle) as Styled;
  if (name.startsWith("--")) {
    style.setProperty(name, value ?? "");
    return;
  }
  const known = style as unknown as Record<string, unknown>;
  if (isPrototypeName(name) || typeof known[name] === "function") throw new OperationError("refused");
  known[name] = value ?? "";
}
