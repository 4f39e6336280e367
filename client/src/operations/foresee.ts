import { own } from "../native.ts";
import { toJson } from "../values.ts";
import { select } from "./reads.ts";
import type { Scope } from "./scope.ts";
import { RUN } from "./table.ts";

/** A question: for a find its selector, or the parts of it; else its element: an earlier read's, the event's (-1), an operand (-2 - n), a handle. */
export type Read = readonly [code: number, where: string | number | Part[], ...names: string[]];
type Part = string | number | [attribute: string];

const FIRST = 32; // find and exists are below; the reads of elements, which take a tag, the element and names, are above

/** The answers to what the server has said it will ask: `[status, value, around, plain]`, or 0 where there is none. */
export function foresee(scope: Scope, asked: readonly Read[], operands: readonly unknown[], matched: Element | null): unknown[] {
  const { handles } = scope;
  const elements: (Element | null)[] = [];

  function ask([code, where, ...names]: Read, index: number): unknown[] | 0 {
    try {
      if (code < FIRST) {
        const element = (elements[index] = select(selectorOf(where as string | Part[])));
        return element ? [1, handles.of(element)] : [0, false];
      }
      const element = (elements[index] = elementOf(where as number | number[]));
      if (!element) return 0;
      const value: unknown = RUN[code]!(scope, 0, handles.of(element), ...names);
      return value instanceof Element ? [1, handles.of(value)] : [0, toJson(value, 3)];
    } catch {
      return 0;
    }
  }

  function selectorOf(where: string | Part[]): string {
    if (typeof where === "string") return where;
    return where.map((part) => (typeof part === "number" ? operands[part] : typeof part === "string" ? part : own(matched!).getAttribute(part[0]))).join("");
  }

  function elementOf(where: number | number[]): Element | null {
    if (typeof where !== "number") return handles.get(where[0]!);
    if (where < -1) return handles.get(operands[-2 - where] as number);
    return where < 0 ? matched : (elements[where] ?? null);
  }

  const answers = asked.map(ask);
  answers.forEach((answer, index) => {
    const element = elements[index];
    if (!answer || !element) return;
    const around = [];
    for (let outer = parentOf(element); outer && parentOf(outer); outer = parentOf(outer)) if (handles.has(outer)) around.push(handles.of(outer));
    const plain = element instanceof HTMLTextAreaElement || (element instanceof HTMLInputElement && element.type !== "radio");
    if (plain || around.length) answer.push(around);
    if (plain) answer.push(1);
  });
  return answers;
}

function parentOf(element: Element): Element | null {
  return own(element).parentElement;
}

export function gather(scope: Scope, _tag: number, asked: Read[], operands: unknown[], matched: number | null): unknown[] {
  return foresee(scope, asked, operands, matched === null ? null : scope.handles.get(matched));
}

export function foretell(scope: Scope, habit: number, version: number, asked: Read[], listeners: (number | number[])[]): void {
  scope.foretold.set(habit, [version, asked]);
  for (const entry of listeners) {
    const [listener, ...operands] = [entry].flat() as [number, ...unknown[]];
    scope.listeners.asks(listener, [habit, ...operands]);
  }
}
