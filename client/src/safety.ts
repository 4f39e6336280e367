// The second line of defence: the server refuses the same names and values before it sends them.

const KNOWN = 1_000;

/** `test` with its answers kept: a page with a thousand rows asks about the same few names. */
export function remembered(test: (name: string) => boolean): (name: string) => boolean {
  const answers = new Map<string, boolean>();
  return (name) => {
    let answer = answers.get(name);
    if (answer === undefined) {
      if (answers.size >= KNOWN) answers.clear();
      answers.set(name, (answer = test(name)));
    }
    return answer;
  };
}

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

export const refusesTag = remembered((tag) => /^([^:]*:)?script$/i.test(tag));

function isAddress(name: string): boolean {
  return URL_ATTRIBUTES.has(name.toLowerCase());
}

function isText(name: string): boolean {
  return SCRIPT_TEXT.has(name.toLowerCase());
}

/** Whether any value may be written to the property `name` of any element. */
export function isHarmless(name: string): boolean {
  return !(refusesProperty(name) || isAddress(name) || isText(name));
}

export function refusesURL(url: string): boolean {
  if (/[\u0000-\u001f\u007f\\]|^ *\/\/|^ *https?:(?!\/\/[^/?#])/i.test(url)) return true;
  const scheme = /^ *([a-z][a-z0-9+.-]*):/i.exec(url)?.[1];
  return scheme !== undefined && !SCHEMES.has(scheme.toLowerCase());
}

/** Whether `value` must not be written to the attribute or property `name`, because it is an address that runs code or leads astray. */
export function refusesAddress(name: string, value: unknown): boolean {
  if (value === null || !isAddress(name)) return false;
  const attribute = name.toLowerCase();
  const text = String(value);
  const several = attribute === "srcset" || attribute === "ping";
  return refusesURL(text) || (several && text.split(/[ ,]+/).some(refusesURL));
}

/** Whether writing `name` would give a script element something to run. */
export function isScriptText(element: Element, name: string): boolean {
  return isText(name) && refusesTag(element.localName);
}
