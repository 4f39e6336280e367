import type { Json } from "./values.ts";
import { OperationError } from "./errors.ts";

/** What a form would send: name to string, or to a list where a name occurs more than once. Files are left out. */
export function formData(element: Element): Json {
  const form = formOf(element);
  const fields = new Map<string, string | string[]>();
  for (const [name, value] of new FormData(form)) {
    if (typeof value !== "string") continue;
    const known = fields.get(name);
    if (known === undefined) fields.set(name, value);
    else if (typeof known === "string") fields.set(name, [known, value]);
    else known.push(value);
  }
  return Object.fromEntries(fields);
}

function formOf(element: Element): HTMLFormElement {
  if (element instanceof HTMLFormElement) return element;
  const form = (element as HTMLInputElement).form ?? element.closest("form");
  if (!(form instanceof HTMLFormElement)) throw new OperationError("failed", "there is no form");
  return form;
}
