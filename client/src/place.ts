import { document, own } from "./native.ts";

interface Scroll {
  id: string;
  top: number;
  left: number;
}

type Caret = [start: number, end: number, direction: "forward" | "backward" | "none"];

/** Where a person is on the page: focus, caret, scroll positions. */
export class Place {
  #focus: string | null = null;
  #caret: Caret | null = null;
  #scrolls: Scroll[] = [];
  #page: Scroll | null;
  #reached: number | null = null;
  #first = true;

  constructor(fields: Map<string, Element>, before: Place | undefined) {
    this.#page = (before && before.#page) ?? (scrollX || scrollY ? { id: "", top: scrollY, left: scrollX } : null);
    this.#readFocus(fields, before);
    for (const element of document.body.querySelectorAll("[id]")) {
      const { id, scrollTop: top, scrollLeft: left } = own(element);
      if (top || left) this.#scrolls.push({ id, top, left });
    }
  }

  forget(): void {
    this.#focus = this.#page = null;
  }

  restore(fields: Map<string, Element>): void {
    if (this.#focus) this.#refocus(fields);
    this.#scrolls = this.#scrolls.filter((scroll) => !reach(document.getElementById(scroll.id), scroll));
    this.#rescroll();
    this.#first = false;
  }

  #readFocus(fields: Map<string, Element>, before: Place | undefined): void {
    const active = document.activeElement;
    if (!active || active === document.body) {
      if (before) [this.#focus, this.#caret] = [before.#focus, before.#caret];
      return;
    }
    const known = [...fields].find(([, field]) => field === active)?.[0];
    this.#focus = known ?? (own(active).id ? idKey(own(active).id) : null);
    const { selectionStart, selectionEnd, selectionDirection } = active as HTMLInputElement;
    if (typeof selectionStart === "number") this.#caret = [selectionStart, selectionEnd!, selectionDirection ?? "none"];
  }

  #refocus(fields: Map<string, Element>): void {
    const key = this.#focus!;
    const field = fields.get(key) ?? [...document.querySelectorAll("[id]")].find((element) => idKey(own(element).id) === key);
    const active = document.activeElement;
    const elsewhere = active && active !== document.body && active !== field;
    if (field || elsewhere) this.#focus = null;
    // After the first time, a focus elsewhere is the person's own choice.
    if (!field || active === field || (elsewhere && !this.#first)) return;
    (own(field) as HTMLElement).focus({ preventScroll: true });
    if (this.#caret) (own(field) as HTMLInputElement).setSelectionRange?.(...this.#caret);
  }

  /** The page grows back while load() runs: it is scrolled until the place is reached, or the person scrolls. */
  #rescroll(): void {
    const { scrollingElement } = document;
    if (!this.#page || !scrollingElement) return;
    const scrolled = this.#reached !== null && this.#reached !== scrollingElement.scrollTop;
    if (scrolled || reach(scrollingElement, this.#page)) this.#page = null;
    else this.#reached = scrollingElement.scrollTop;
  }
}

let still: CSSStyleSheet | undefined;

/**
 * Whether the page is being built again. Its content goes and comes back: a browser that follows what moves (scroll anchoring) would
 * follow it only one way.
 */
export function holdStill(held: boolean): void {
  if (!held && !still) return;
  if (!held) void document.scrollingElement?.scrollHeight; // the layout of what came last
  still ??= new CSSStyleSheet();
  still.replaceSync("*{overflow-anchor:none!important}");
  const others = document.adoptedStyleSheets.filter((sheet) => sheet !== still);
  document.adoptedStyleSheets = held ? [...others, still] : others;
}

function idKey(id: string): string {
  return `#${id}/0`;
}

function reach(scrolled: Element | null, { top, left }: Scroll): boolean {
  if (!scrolled) return false;
  const element = own(scrolled);
  element.scrollTo({ top, left, behavior: "instant" });
  return Math.abs(element.scrollTop - top) < 1 && Math.abs(element.scrollLeft - left) < 1;
}

/** Another view begins at its top, with the focus where its HTML wants it. */
export function toTheTop(): void {
  for (const any of [document.scrollingElement!, ...document.body.querySelectorAll("*")]) {
    const element = own(any);
    if (element.scrollTop || element.scrollLeft) element.scrollTo({ top: 0, left: 0, behavior: "instant" });
  }
  const [active, wanted] = [document.activeElement, document.querySelector("[autofocus]")] as (HTMLElement | null)[];
  if (active) own(active).blur();
  if (wanted) own(wanted).focus();
}
