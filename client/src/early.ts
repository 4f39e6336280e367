import type { Listeners } from "./listeners.ts";
import { own } from "./native.ts";

const TYPES = ["click", "change", "input", "keydown", "submit"];
const MOST = 100;

/** What a person does before `load()` has attached its listeners. It is held, and handed over when it has. */
export class Early {
  #listeners: Listeners;
  #loaded: () => boolean;
  #held: [event: Event, target: Element, prevented: boolean][] = [];
  #taken: Event | undefined;

  constructor(listeners: Listeners, loaded: () => boolean) {
    this.#listeners = listeners;
    this.#loaded = loaded;
  }

  /** The window comes last: by then, the page's own scripts have said what they think of the event. */
  watch(): void {
    for (const type of TYPES) addEventListener(type, (event) => this.#meet(event));
  }

  /** A listener of ours has `event`. */
  took(event: Event): void {
    if (!this.#loaded()) this.#taken = event;
  }

  forget(): void {
    this.#held = [];
  }

  /** The listeners are there. */
  release(): void {
    this.#taken = undefined;
    let stopped: Element | undefined;
    for (const [event, target, prevented] of this.#held.splice(0)) {
      const submitter = submitterOf(event);
      if (!target.isConnected || (submitter && submitter === stopped)) continue;
      const taken = this.#listeners.replay(event, target);
      stopped = event.type === "click" && event.defaultPrevented ? target : undefined; // its form would not have been sent
      if (event.type === "submit" && !taken && !prevented) (own(target) as HTMLFormElement).requestSubmit(submitter);
    }
  }

  #meet(event: Event): void {
    const { type, target, defaultPrevented } = event;
    if (this.#loaded() || event === this.#taken || !(target instanceof Element)) return;
    if (type === "submit") {
      if (!defaultPrevented && leads(own(target), submitterOf(event))) return;
      event.preventDefault();
    } else if (this.#held.length >= MOST) return;
    if (type === "input") this.#held = this.#held.filter(([other, field]) => other.type !== type || field !== target); // the last one has it all
    this.#held.push([event, target, defaultPrevented]);
  }
}

/** Whether a form is sent somewhere: then it works without a listener. */
function leads(form: Element, submitter?: HTMLElement | null): boolean {
  return form.hasAttribute("action") || form.getAttribute("method") === "dialog" || !!submitter?.matches("[formaction],[formmethod=dialog]");
}

function submitterOf(event: Event): HTMLElement | null | undefined {
  return (event as SubmitEvent).submitter;
}
