// The second line of defence: the server refuses the same names and values before it sends them.

const PROTOTYPES = new Set(["__proto__", "constructor", "prototype"]);
const MARKUP = new Set(["innerHTML", "outerHTML", "srcdoc"]);
const SCRIPT_TEXT = new Set(["text", "textcontent", "innertext", "outertext", "src", "href", "xlink:href"]);
const SCHEMES = new Set(["http", "https", "mailto", "tel"]);

export const URL_ATTRIBUTES: ReadonlySet<string> = new Set([
  "href", "src", "action", "formaction", "data", "poster", "xlink:href", "srcset", "ping", "background", "cite",
]);

export function isPrototypeName(name: string): boolean {
  return PROTOTYPES.has(name);
}

export function refusesProperty(name: string): boolean {
  return MARKUP.has(name) || isPrototypeName(name) || /^on/i.test(name);
}

export function refusesAttribute(name: string): boolean {
  return /^(on|srcdoc$)/i.test(name);
}

export function refusesTag(tag: string): boolean {
  return /^([^:]*:)?script$/i.test(tag);
}

export function refusesURL(url: string): boolean {
  if (/[\u0000-\u001f\u007f\\]|^ *\/\/|^ *https?:(?!\/\/[^/?#])/i.test(url)) return true;
  const scheme = /^ *([a-z][a-z0-9+.-]*):/i.exec(url)?.[1];
  return scheme !== undefined && !SCHEMES.has(scheme.toLowerCase());
}

/** Whether `value` must not be written to the attribute or property `name`, because it is an address that runs code or leads astray. */
export function refusesAddress(name: string, value: unknown): boolean {
  const attribute = name.toLowerCase();
  if (value === null || !URL_ATTRIBUTES.has(attribute)) return false;
  const text = String(value);
  const several = attribute === "srcset" || attribute === "ping";
  return refusesURL(text) || (several && text.split(/[ ,]+/).some(refusesURL));
}

/** Whether writing `name` would give a script element something to run. */
export function isScriptText(element: Element, name: string): boolean {
  return refusesTag(element.localName) && SCRIPT_TEXT.has(name.toLowerCase());
}
