import { standIn } from "../head.ts";
import { rulesOf, sheets } from "./stylesheets.ts";
import { versioned } from "./urls.ts";

const ELEMENTS = "img,source,input[type=image],video,object,embed,svg image,svg use";
const ATTRIBUTES = ["src", "srcset", "poster", "data", "href", "xlink:href"];
const NAMED = /url\((["']?)(.*?)\1\)/g;

/** Renews an image wherever the page shows it: elements, icons, styles. */
export function renewImage(file: URL): void {
  for (const element of document.querySelectorAll(ELEMENTS)) renewElement(element, file);
  for (const link of document.querySelectorAll<HTMLLinkElement>("link[rel~=icon]")) renewIcon(link, file);
  for (const element of document.querySelectorAll<HTMLElement>("[style*='url(']")) renewStyle(element.style, file, document.baseURI);
  for (const sheet of sheets()) renewSheet(sheet, file, sheet.href ?? document.baseURI);
}

function renewElement(element: Element, file: URL): void {
  for (const name of ATTRIBUTES) {
    const value = element.getAttribute(name);
    if (value === null) continue;
    const next = name === "srcset" ? value.replace(/[^\s,]+/g, (part) => versioned(part, file) ?? part) : versioned(value, file);
    if (next !== null && next !== value) element.setAttribute(name, next);
  }
}

function renewIcon(link: HTMLLinkElement, file: URL): void {
  const href = versioned(link.href, file);
  if (!href || href === link.href) return;
  const next = link.cloneNode() as HTMLLinkElement;
  next.href = href;
  standIn(next, link);
  link.replaceWith(next);
}

function renewSheet(sheet: CSSStyleSheet | CSSGroupingRule, file: URL, base: string): void {
  for (const rule of rulesOf(sheet)) {
    if ("style" in rule) renewStyle(rule.style as CSSStyleDeclaration, file, base);
    if ("cssRules" in rule) renewSheet(rule as CSSGroupingRule, file, base);
    if (rule instanceof CSSImportRule && rule.styleSheet) renewSheet(rule.styleSheet, file, rule.styleSheet.href ?? base);
  }
}

function renewStyle(style: CSSStyleDeclaration, file: URL, base: string): void {
  for (const name of Array.from(style)) {
    const value = style.getPropertyValue(name);
    if (!value.includes("url(")) continue;
    const next = value.replace(NAMED, (whole, _quote: string, url: string) => {
      const href = versioned(url, file, base);
      return href ? `url("${href}")` : whole;
    });
    if (next !== value) style.setProperty(name, next, style.getPropertyPriority(name));
  }
}
