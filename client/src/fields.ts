import { document, own } from "./native.ts";

// What a person can change on a page without the server: found again by id, by name within the form, or by position.

const FIELDS = "input,textarea,select,details,[contenteditable]";

type Restore = (field: Element) => void;
export type Author = (element: Element) => "person" | "server" | undefined;

/** Every field of the page under a key that names the same field in the next document. */
export function fieldsByKey(): Map<string, Element> {
  const groups = new Map<string, Element[]>();
  for (const field of document.body.querySelectorAll(FIELDS)) {
    const key = groupOf(field);
    const group = groups.get(key);
    if (group) group.push(field);
    else groups.set(key, [field]);
  }
  const fields = new Map<string, Element>();
  for (const [key, group] of groups) {
    // Position is all that nameless fields have: it counts only where there are as many of them as before.
    const total = key[0] === "@" ? "/" + group.length : "";
    group.forEach((field, index) => fields.set(`${key}/${index}${total}`, field));
  }
  return fields;
}

function groupOf(element: Element): string {
  const field = own(element); // one with [contenteditable]
  const { name, type, value, form } = field as HTMLInputElement;
  if (field.id) return "#" + field.id;
  const kind = field.localName + "/" + (type ?? "");
  if (!name) return "@" + kind;
  const place = form ? own(form).getAttribute("id") || [...document.forms].indexOf(form) : "";
  return `${kind}/${place}/${name}/${type === "radio" || type === "checkbox" ? value : ""}`;
}

/** Whether the same person would take both for the same field. */
export function sameField(old: Element, next: Element): boolean {
  const names = ["id", "name", "type"];
  if (/^(checkbox|radio)$/.test((old as HTMLInputElement).type)) names.push("value");
  return names.every((name) => own(old).getAttribute(name) === own(next).getAttribute(name));
}

/** How to put into another field what was changed in this one; null where nothing was. */
export function changeOf(field: Element, author: Author): Restore | null {
  if (field instanceof HTMLDetailsElement) return field.open ? (other) => void ((other as HTMLDetailsElement).open = true) : null;
  const by = author(field);
  if (by === "server") return null;
  if (field instanceof HTMLSelectElement) return by ? changeOfSelect(field) : null;
  if (field instanceof HTMLInputElement) return changeOfInput(field);
  if (field instanceof HTMLTextAreaElement) return field.value === field.defaultValue ? null : setValue(field.value);
  const nodes = [...own(field).childNodes];
  return by ? (other) => own(other).replaceChildren(...nodes) : null;
}

function changeOfSelect(field: HTMLSelectElement): Restore {
  const chosen = Array.from(field.selectedOptions, (option) => option.value);
  return (other) => {
    for (const option of (other as HTMLSelectElement).options) option.selected = chosen.includes(option.value);
  };
}

function changeOfInput(field: HTMLInputElement): Restore | null {
  const { type, checked, files, value } = field;
  if (type === "file") return files?.length ? (other) => void ((other as HTMLInputElement).files = files) : null;
  if (type === "checkbox" || type === "radio") {
    return checked === field.defaultChecked ? null : (other) => void ((other as HTMLInputElement).checked = checked);
  }
  return value === field.defaultValue ? null : setValue(value);
}

function setValue(value: string): Restore {
  return (other) => void ((other as HTMLInputElement).value = value);
}
