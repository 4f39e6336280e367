// What a person typed, and where they are, put back after the page has loaded itself again.
import { fieldsByKey } from "../fields.ts";
import { trusted } from "../trusted.ts";

const KEY = "pycommunicate.typed";
const RECENT = 30_000;
const PATIENCE = 5_000; // load() makes fields too

interface Field {
  value?: string;
  checked?: boolean;
  selected?: number[];
  html?: string;
  open?: boolean;
}

interface Typed {
  url: string;
  at: number;
  fields: [key: string, field: Field][];
  focus: string | null;
  caret: [start: number, end: number] | null;
  scrolls: [id: string, top: number, left: number][];
}

const touched = new WeakSet<EventTarget>();

export function watchTyping(): void {
  for (const type of ["input", "change", "toggle"]) {
    document.addEventListener(type, ({ target }) => void (target && touched.add(target)), true);
  }
}

export function saveTyped(): void {
  const fields = [...fieldsByKey()];
  const active = document.activeElement;
  const { selectionStart: start, selectionEnd: end } = active as HTMLInputElement;
  const typed: Typed = {
    url: location.pathname + location.search,
    at: Date.now(),
    fields: fields.filter(([, field]) => touched.has(field)).map(([key, field]) => [key, stateOf(field)]),
    focus: fields.find(([, field]) => field === active)?.[0] ?? (active?.id ? "#" + active.id : null),
    caret: typeof start === "number" && typeof end === "number" ? [start, end] : null,
    scrolls: [["", scrollY, scrollX], ...scrollsOf()],
  };
  try {
    sessionStorage.setItem(KEY, JSON.stringify(typed));
  } catch {
    // too much of it, or no storage: the page comes back empty
  }
}

function* scrollsOf(): Iterable<[string, number, number]> {
  for (const { id, scrollTop, scrollLeft } of document.body.querySelectorAll("[id]")) {
    if (scrollTop || scrollLeft) yield [id, scrollTop, scrollLeft];
  }
}

function stateOf(field: Element): Field {
  if (field instanceof HTMLDetailsElement) return { open: field.open };
  if (field instanceof HTMLSelectElement) return { selected: Array.from(field.selectedOptions, ({ index }) => index) };
  if (field instanceof HTMLTextAreaElement) return { value: field.value };
  if (!(field instanceof HTMLInputElement)) return { html: field.innerHTML };
  if (/^(checkbox|radio)$/.test(field.type)) return { checked: field.checked };
  return field.type === "file" ? {} : { value: field.value };
}

export function restoreTyped(): void {
  const typed = take();
  if (!typed) return;
  const waiting = new Map(typed.fields);
  const restore = (): void => {
    const fields = fieldsByKey();
    for (const [key, state] of waiting) {
      const field = fields.get(key);
      if (!field) continue;
      waiting.delete(key);
      put(field, state);
    }
    refocus(typed, fields);
    typed.scrolls = typed.scrolls.filter((scroll) => !reach(...scroll));
  };
  restore();
  const observer = new MutationObserver(restore);
  observer.observe(document.body, { childList: true, subtree: true });
  const end = (): void => observer.disconnect();
  for (const type of ["wheel", "touchmove", "pointerdown", "keydown"]) addEventListener(type, end, { once: true, passive: true });
  addEventListener("load", restore, { once: true });
  setTimeout(end, PATIENCE);
}

function take(): Typed | null {
  try {
    const typed = JSON.parse(sessionStorage.getItem(KEY)!) as Typed | null;
    sessionStorage.removeItem(KEY);
    const here = typed?.url === location.pathname + location.search && Date.now() - typed.at < RECENT;
    return here ? typed : null;
  } catch {
    return null;
  }
}

function put(field: Element, { value, checked, selected, html, open }: Field): void {
  touched.add(field);
  const input = field as HTMLInputElement;
  if (value !== undefined) input.value = value;
  if (checked !== undefined) input.checked = checked;
  if (open !== undefined) (field as HTMLDetailsElement).open = open;
  if (html !== undefined) field.innerHTML = trusted(html);
  if (selected) Array.from((field as HTMLSelectElement).options, (option, index) => (option.selected = selected.includes(index)));
}

function refocus(typed: Typed, fields: Map<string, Element>): void {
  const { focus, caret } = typed;
  const field = focus && (fields.get(focus) ?? (focus.startsWith("#") ? document.getElementById(focus.slice(1)) : null));
  if (!field) return;
  typed.focus = null;
  (field as HTMLElement).focus({ preventScroll: true });
  if (caret) (field as HTMLInputElement).setSelectionRange?.(...caret);
}

function reach(id: string, top: number, left: number): boolean {
  const element = id ? document.getElementById(id) : document.scrollingElement;
  element?.scrollTo({ top, left, behavior: "instant" });
  return element !== null && Math.abs(element.scrollTop - top) < 1;
}
