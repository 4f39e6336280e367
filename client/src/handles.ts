import { OperationError } from "./errors.ts";
import { document } from "./native.ts";

/** The numbers by which server and browser name elements. 0 is the document element; ours are negative. */
export class Handles {
  #elements = new Map<number, Element>();
  #numbers = new Map<Element, number | number[]>();
  #next = -1;
  #unnumbered: number[] = []; // most elements are never asked for theirs

  constructor() {
    this.clear();
  }

  get(handle: number): Element {
    const element = this.#elements.get(handle);
    if (element === undefined) throw new OperationError("gone");
    return element;
  }

  set(handle: number, element: Element): void {
    this.#elements.set(handle, element);
    this.#unnumbered.push(handle);
  }

  /** The numbers of all elements. */
  get #known(): Map<Element, number | number[]> {
    for (const handle of this.#unnumbered) {
      const element = this.#elements.get(handle)!;
      const known = this.#numbers.get(element);
      if (known === undefined) this.#numbers.set(element, handle);
      else if (typeof known === "number") this.#numbers.set(element, [known, handle]);
      else known.push(handle);
    }
    this.#unnumbered.length = 0;
    return this.#numbers;
  }

  has(element: Element): boolean {
    return this.#known.has(element);
  }

  /** The number of `element`, given now if it has none. */
  of(element: Element): number {
    const known = this.#known.get(element);
    if (known !== undefined) return typeof known === "number" ? known : known[0]!;
    const handle = this.#next--;
    this.set(handle, element);
    return handle;
  }

  all(): ReadonlySet<Element> {
    return new Set(this.#elements.values());
  }

  forget(element: Element): void {
    const known = this.#known.get(element);
    if (known === undefined) return;
    this.#known.delete(element);
    if (typeof known === "number") this.#elements.delete(known);
    else for (const handle of known) this.#elements.delete(handle);
  }

  clear(): void {
    this.#elements.clear();
    this.#numbers.clear();
    this.#unnumbered.length = 0;
    this.#next = -1;
    this.set(0, document.documentElement);
  }

  get size(): number {
    return this.#elements.size;
  }
}
