import { type Author, changeOf, fieldsByKey, sameField } from "./fields.ts";
import { document } from "./native.ts";
import { Place, holdStill } from "./place.ts";

interface Saved {
  changes: Map<string, (field: Element) => void>;
  changed: Set<Element>;
  place: Place;
}

/** Whether writing the property `name` wins over what a person typed. */
export function isTyped(name: string): boolean {
  return /^(value|checked|selected|files|open|textContent|innerText)/.test(name);
}

/**
 * What a person typed, and where they are on the page: kept while the page is mounted anew. Elements that only load() creates are gone
 * at first; what was typed there waits until they are back, or until load() has ended.
 */
export class Keep {
  #authors = new WeakMap<Element, "person" | "server">();
  #saved: Saved | null = null;
  #loaded = false;

  watch(): void {
    document.addEventListener("input", ({ target }) => void this.#authors.set(target as Element, "person"), true);
  }

  /** The server wrote a property of `element`: that wins over what would be put back. */
  wrote(element: Element, name: string): void {
    if (isTyped(name)) this.#authors.set(element, "server");
  }

  /** The server moved the focus, or the page. */
  moved(): void {
    this.#saved?.place.forget();
  }

  loaded(): void {
    this.#loaded = true;
  }

  save(): void {
    const before = this.#saved;
    const changes = new Map(before?.changes);
    const changed = new Set<Element>();
    const author: Author = (element) => this.#authors.get(element);
    const fields = fieldsByKey();
    for (const [key, field] of fields) {
      const change = changeOf(field, author);
      if (!change) continue;
      changes.set(key, change);
      changed.add(field);
    }
    this.#saved = { changes, changed, place: new Place(fields, before?.place) };
    this.#loaded = false;
    holdStill(true);
  }

  /** Another view begins. */
  discard(): void {
    this.#end();
    this.#authors = new WeakMap();
  }

  /** Whether the morph must leave the state of `old` alone when it becomes `next`. */
  protects(old: Element, next: Element): boolean {
    return this.#saved !== null && this.#saved.changed.has(old) && sameField(old, next);
  }

  /** After each change of the page: puts back what has its place again. */
  settle(): void {
    const saved = this.#saved;
    if (!saved) return;
    const fields = fieldsByKey();
    for (const [key, change] of saved.changes) {
      const field = fields.get(key);
      if (!field) continue;
      saved.changes.delete(key);
      if (saved.changed.has(field) || this.#authors.get(field) === "server") continue;
      change(field);
      this.#authors.set(field, "person");
    }
    saved.place.restore(fields);
    if (this.#loaded) this.#end();
  }

  #end(): void {
    this.#saved = null;
    holdStill(false);
  }
}
