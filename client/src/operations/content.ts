import { OperationError } from "../errors.ts";
import { isTyped } from "../keep.ts";
import { own } from "../native.ts";
import { isHarmless, refuses, refusesTag, remembered } from "../safety.ts";
import { type Scope, forget, forgetChildren } from "./scope.ts";

export function content(scope: Scope, handle: number, text: string): void {
  const element = scope.handles.get(handle);
  if (refusesTag(own(element).localName) && refuses(element, "textContent", text)) throw new OperationError("refused");
  forgetChildren(scope, element);
  setText(element, text);
}

export function setText(element: Element, text: string): void {
  const target = own(element) as HTMLElement;
  // innerText turns line breaks into <br>; without any, textContent does the same and is faster. A style would be read without them.
  if (/[\r\n]/.test(text) && target.localName !== "style") target.innerText = text;
  else target.textContent = text;
}

const isPlain = remembered((name) => isHarmless(name) && !isTyped(name));

export function setProperty(scope: Scope, handle: number, name: string, value: unknown): void {
  setPropertyOf(scope, scope.handles.get(handle), name, value);
}

export function setPropertyOf(scope: Scope, element: Element, name: string, value: unknown): void {
  if (!isPlain(name)) return setSpecial(scope, element, name, value);
  (own(element) as unknown as Record<string, unknown>)[name] = value;
}

function setSpecial(scope: Scope, element: Element, name: string, value: unknown): void {
  if (refuses(element, name, value, true)) throw new OperationError("refused");
  if (name === "textContent" || name === "innerText") forgetChildren(scope, element);
  else if (name === "outerText") forget(scope, element);
  if (name === "innerText") setText(element, String(value ?? ""));
  else (own(element) as unknown as Record<string, unknown>)[name] = value;
  scope.keep.wrote(element, name);
}
