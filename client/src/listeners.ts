import { OperationError } from "./errors.ts";
import { formOf } from "./forms.ts";
import { document, own } from "./native.ts";

export interface ListenerOptions {
  event?: boolean;
  prevent_default?: boolean;
  stop_propagation?: boolean;
  once?: boolean;
  reset?: boolean;
  keys?: string[];
  selector?: string;
  ask?: [habit: number, ...operands: unknown[]];
}

/** One object for each: a page may have thousands. */
class Listener {
  constructor(
    readonly owner: Listeners,
    readonly number: number,
    readonly element: Element,
    readonly type: string,
    public options: ListenerOptions,
  ) {}

  /** Events that do not bubble reach an ancestor only on their way down. */
  get capture(): boolean {
    return this.options.selector !== undefined && (SILENT.test(this.type) || CROSSING.test(this.type));
  }

  handleEvent(event: Event): void {
    this.owner.heard(this, event);
  }
}

/** Called for each event that passed the filters; `matched` is the delegated element, or the listener's own. */
export type Fired = (listener: number, event: Event, matched: Element, options: ListenerOptions) => void;

const NO_OPTIONS: ListenerOptions = {};
const SILENT = /^(focus|blur|load|error|scroll|scrollend|toggle|beforetoggle|invalid|cancel|close|play|playing|pause|ended|timeupdate)$/;
const SCROLLING = /^touch|wheel$/;
const CROSSING = /^(mouse|pointer)(enter|leave)$/;

export class Listeners {
  #listeners = new Map<number, Listener>();
  #byElement = new Map<Element, number[]>();
  #unplaced: number[] = []; // not yet in there
  #fired: Fired;
  /** Listeners whose elements left the document for good, not yet told to the server. */
  released: number[] = [];

  constructor(fired: Fired) {
    this.#fired = fired;
  }

  add(number: number, element: Element, type: string, options: ListenerOptions = NO_OPTIONS): void {
    const { selector, prevent_default } = options;
    if (selector !== undefined) checkSelector(selector);
    if (this.#listeners.has(number)) this.remove(number);
    const listener = new Listener(this, number, element, type, options);
    this.#listeners.set(number, listener);
    this.#unplaced.push(number);
    const { capture } = listener;
    // Whether a listener is passive makes a difference to these alone; a plain boolean is read faster than an object.
    own(element).addEventListener(type, listener, SCROLLING.test(type) ? { capture, passive: !prevent_default } : capture);
  }

  /** The listeners of each element. */
  get #placed(): Map<Element, number[]> {
    for (const number of this.#unplaced) {
      const { element } = this.#listeners.get(number)!;
      const known = this.#byElement.get(element);
      if (known) known.push(number);
      else this.#byElement.set(element, [number]);
    }
    this.#unplaced.length = 0;
    return this.#byElement;
  }

  remove(number: number): void {
    const listener = this.#listeners.get(number);
    if (!listener) return;
    const { element, type, capture } = listener;
    own(element).removeEventListener(type, listener, capture);
    const placed = this.#placed;
    this.#listeners.delete(number);
    const left = placed.get(element)?.filter((other) => other !== number);
    if (left?.length) placed.set(element, left);
    else placed.delete(element);
  }

  /** What to ask along with the listener's events. */
  asks(number: number, ask: NonNullable<ListenerOptions["ask"]>): void {
    const listener = this.#listeners.get(number);
    if (listener) listener.options = { ...listener.options, ask };
  }

  /** `element` has left the document for good. */
  forget(element: Element): void {
    const numbers = this.#placed.get(element);
    if (!numbers) return;
    for (const number of numbers) {
      this.remove(number);
      this.released.push(number);
    }
  }

  clear(): void {
    for (const number of [...this.#listeners.keys()]) this.remove(number);
    this.released = [];
  }

  get size(): number {
    return this.#listeners.size;
  }

  /** Hands over an event that was there before its listeners, as it would have passed them. Whether one took it. */
  replay(event: Event, target: Element): boolean {
    let taken = false;
    for (let element: Element | null = target; element && !event.cancelBubble; element = own(element).parentElement) {
      for (const number of [...(this.#placed.get(element) ?? [])]) {
        const listener = this.#listeners.get(number);
        if (listener?.type === event.type) taken = this.heard(listener, event) || taken;
      }
    }
    return taken;
  }

  /** One of ours was met. Whether it fired. */
  heard(listener: Listener, event: Event): boolean {
    const { number, options } = listener;
    if (this.#listeners.get(number) !== listener) return false;
    const matched = match(listener, event);
    if (!matched || !passesKeys(event, options.keys)) return false;
    if (options.prevent_default) event.preventDefault();
    if (options.stop_propagation) event.stopPropagation();
    if (options.once) this.remove(number);
    this.#fired(number, event, matched, options);
    const form = options.reset && formOf(matched);
    if (form) own(form).reset();
    return true;
  }
}

function match({ element, options: { selector }, type }: Listener, event: Event): Element | null {
  if (selector === undefined) return element;
  if (!(event.target instanceof Element)) return null;
  const target = own(event.target);
  if (CROSSING.test(type)) return target.matches(selector) ? event.target : null;
  const found = target.closest(selector);
  return found && own(element).contains(found) ? found : null;
}

function passesKeys(event: Event, keys: string[] | undefined): boolean {
  if (!keys) return true;
  const { key, isComposing, keyCode } = event as KeyboardEvent;
  // The Enter that ends a composition is not meant for us. In Safari it comes after the end, with the code of what an input method took.
  return !isComposing && keyCode !== 229 && keys.includes(key);
}

function checkSelector(selector: string): void {
  try {
    document.createDocumentFragment().querySelector(selector);
  } catch {
    throw new OperationError("invalid_selector");
  }
}
