import { standIn } from "../head.ts";
import { refetch } from "./files.ts";
import { versioned } from "./urls.ts";

type Owner = HTMLLinkElement | HTMLStyleElement;

const coming = new WeakSet<Owner>();
const successors = new WeakMap<Owner, HTMLLinkElement>();

/** Renews a stylesheet: in its link, or in those that import it. */
export async function renewStylesheet(file: URL): Promise<void> {
  const links = linksOf(document).filter((link) => versioned(link.href, file));
  if (links.length) return links.forEach((link) => swap(link, file));
  const importers = sheets().filter((sheet) => imports(sheet, file));
  if (!importers.length) return;
  await refetch(file.pathname);
  for (const { ownerNode } of importers) renew(ownerNode as Owner, file);
}

/** A font may be named anywhere: every sheet of ours is renewed. */
export function renewFont(file: URL): void {
  for (const { ownerNode } of sheets()) renew(ownerNode as Owner, file);
}

/** The page's own sheets, those of elements. */
export function sheets(): CSSStyleSheet[] {
  return Array.from(document.styleSheets).filter(({ ownerNode, href }) => ownerNode && (!href || URL.parse(href)?.origin === location.origin));
}

function linksOf(root: ParentNode): HTMLLinkElement[] {
  return [...root.querySelectorAll<HTMLLinkElement>("link[rel~=stylesheet][href]")];
}

function imports(sheet: CSSStyleSheet, file: URL): boolean {
  return rulesOf(sheet).some((rule) => {
    if (!(rule instanceof CSSImportRule)) return false;
    if (versioned(rule.href, file, sheet.href ?? document.baseURI)) return true;
    return rule.styleSheet !== null && imports(rule.styleSheet, file);
  });
}

/** The rules of a sheet; none where it is another origin's. */
export function rulesOf(sheet: CSSStyleSheet | CSSGroupingRule): CSSRule[] {
  try {
    return Array.from(sheet.cssRules);
  } catch {
    return [];
  }
}

function renew(owner: Owner, file: URL): void {
  if (owner instanceof HTMLLinkElement) return swap(owner, new URL(file.search, owner.href));
  const next = owner.cloneNode(true) as HTMLStyleElement;
  standIn(next, owner);
  owner.replaceWith(next);
}

/** Loads the new sheet beside the old one, which goes when the new one is there: the page is never bare. */
function swap(link: HTMLLinkElement, file: URL): void {
  if (coming.has(link)) return; // on its way itself; the one that it follows is asked too
  const url = new URL(link.href);
  for (const [name, value] of file.searchParams) url.searchParams.set(name, value);
  successors.get(link)?.remove();
  const next = link.cloneNode() as HTMLLinkElement;
  next.removeAttribute("integrity");
  next.href = url.href;
  next.addEventListener("load", () => {
    coming.delete(next);
    if (successors.get(link) !== next) return; // overtaken, though it was there already
    standIn(next, link);
    link.remove();
  });
  next.addEventListener("error", () => next.remove());
  successors.set(link, next);
  if (link.disabled) return link.replaceWith(next);
  coming.add(next);
  link.after(next);
}
