import { document } from "./native.ts";
import { fresh } from "./scripts.ts";

const LATE = 3_000;

/** Elements of the head that came with a document of the server's. Others were put there by scripts, and stay. */
let served = new WeakSet<Element>();

export function watchHead(): void {
  served = new WeakSet(document.head.children);
}

export interface HeadMorph {
  next: HTMLHeadElement;
  title: string;
  scripts: Set<string>;
  /** Whether an operation put the element there. */
  ours(element: Element): boolean;
  isClient(element: Element): boolean;
}

/** Makes the head what `next` says. What is the same stays in place, so that no stylesheet is loaded twice. */
export function morphHead({ next, title, scripts, ours, isClient }: HeadMorph): void {
  const stale = new Map<string, Element>();
  for (const element of document.head.children) {
    if (isClient(element) || element.localName === "title") continue;
    if (served.has(element) || ours(element)) stale.set(signature(element), element);
  }
  const loading: Promise<unknown>[] = [];
  let place: Element | null = null;
  for (const element of [...next.children]) {
    if (element.localName === "title") continue;
    const sign = signature(element);
    const same = stale.get(sign);
    stale.delete(sign);
    const here: Element = same ?? fresh(element, scripts);
    if (!same) {
      if (here.matches("link[rel~=stylesheet]")) loading.push(loadOf(here));
      if (place) place.after(here);
      else document.head.prepend(here);
      served.add(here);
    }
    place = here;
  }
  document.title = title;
  sweep([...stale.values()], loading);
}

/** Old elements go when the new stylesheets are there: the page is never bare. */
function sweep(stale: Element[], loading: Promise<unknown>[]): void {
  const remove = (): void => stale.forEach((element) => element.remove());
  if (loading.length) void Promise.all(loading).then(remove);
  else remove();
}

function loadOf(link: Element): Promise<unknown> {
  return new Promise((resolve) => {
    for (const event of ["load", "error"]) link.addEventListener(event, resolve, { once: true });
    setTimeout(resolve, LATE);
  });
}

interface Swapped extends Element {
  servedAs?: string;
}

/** `next` takes the place of `old` and counts as what the server sent: in debug, a stylesheet gets another URL. */
export function standIn(next: Element, old: Element): void {
  (next as Swapped).servedAs = signature(old);
  if (served.has(old)) served.add(next);
}

function signature(element: Element): string {
  const copy = element.cloneNode(true) as Element;
  copy.removeAttribute("nonce"); // the browser hides it once it is in use
  return (element as Swapped).servedAs ?? copy.outerHTML;
}
