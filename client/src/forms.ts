import type { Json } from "./values.ts";

/** What a form would send (by this button): name to string, or to a list where a name occurs more than once. Files are left out. */
export function formData(element: Element, submitter?: HTMLElement | null): Json {
  const fields = new Map<string, string | string[]>();
  for (const [name, value] of entriesOf(element, submitter)) {
    if (typeof value !== "string") continue;
    const known = fields.get(name);
    if (known === undefined) fields.set(name, value);
    else if (typeof known === "string") fields.set(name, [known, value]);
    else known.push(value);
  }
  return Object.fromEntries(fields);
}

/** The form that an element is, or is in. */
export function formOf(element: Element): HTMLFormElement | null {
  if (element instanceof HTMLFormElement) return element; // its `form` may be a field of that name
  return (element as HTMLInputElement).form ?? element.closest("form");
}

function entriesOf(element: Element, submitter?: HTMLElement | null): Iterable<[string, FormDataEntryValue]> {
  const form = formOf(element);
  return form ? new FormData(form, submitter) : looseFields(element);
}

/** Fields without a form around them, as a form would send them. */
function* looseFields(element: Element): Iterable<[string, string]> {
  for (const field of element.querySelectorAll<HTMLInputElement>("input,select,textarea")) {
    if (!field.name || field.disabled || /^(submit|button|reset|image|file)$/.test(field.type)) continue;
    const options = (field as unknown as HTMLSelectElement).selectedOptions;
    if (options) for (const option of options) yield [field.name, option.value];
    else if (field.checked || !/^(checkbox|radio)$/.test(field.type)) yield [field.name, field.value];
  }
}
