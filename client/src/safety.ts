// The second line of defence: the server refuses the same names and values before it sends them. The names: pycommunicate/protocol/names.json.

import { refusesCss } from "./css.ts";
import { ELEMENTS, RULES, UNREAD, UNWRITTEN } from "./names.ts";
import { own } from "./native.ts";

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

const words = (text: string): string[] => text.split(" ");
const elements = new Set(words(ELEMENTS));
const unread = new Set(words(UNREAD));
const unwritten = new Set(words(UNWRITTEN));
/** By the name, and by the element and the name. */
const rules = new Map<string, string>();
const listed = new Set<string>();
for (const [rule, names, on = ""] of RULES) {
  for (const name of words(names)) {
    listed.add(name);
    for (const element of words(on)) rules.set(element + " " + name, rule);
  }
}

/** A name without its prefix, as names are compared. */
function local(name: string): string {
  return name.toLowerCase().replace(/^.*:/, "");
}

export const refusesTag = remembered((tag) => elements.has(local(tag)));

/** Whether the property `name` may not even be read. */
export function refusesProperty(name: string): boolean {
  return /^(on|__)/i.test(name) || unread.has(local(name));
}

/** Whether any value may be written to the attribute `name` of any element. */
export const isHarmlessAttribute = remembered((name) => !(/^on/.test(local(name)) || listed.has(local(name))));

/** Whether any value may be written to the property `name` of any element. */
export function isHarmless(name: string): boolean {
  return isHarmlessAttribute(name) && !refusesProperty(name) && !unwritten.has(local(name));
}

export function refusesURL(url: string): boolean {
  if (/[\u0000-\u001f\u007f\\]|^ *\/\/|^ *https?:(?!\/\/[^/?#:])/i.test(url)) return true;
  return /^ *(?!(https?|mailto|tel):)[a-z][a-z\d+.-]*:/i.test(url);
}

/** Whether an address leads from this origin: it begins with `//`, or has a scheme and is not ours. */
export function leaves(url: string): boolean {
  return /^([\\/]{2}|[a-z][a-z\d+.-]*:(?! ))/i.test(url) && !url.startsWith(location.origin + "/");
}

/** Whether an address of a `srcset` is refused. Read as the standard does (HTML, parsing a srcset attribute). */
function refusesSet(text: string): boolean {
  const address = /[\t\n\f\r ,]*([^\t\n\f\r ]+)/y;
  const descriptors = /(?:[^,(]|\([^)]*\)?)*,?/y;
  for (let match; (match = address.exec(text)); ) {
    if (refusesURL(match[1]!)) return true;
    if (match[1]!.endsWith(",")) continue; // without descriptors
    descriptors.lastIndex = address.lastIndex;
    descriptors.test(text);
    address.lastIndex = descriptors.lastIndex;
  }
  return false;
}

const VALUES: Readonly<Record<string, (text: string) => boolean>> = {
  url: refusesURL,
  own: (text) => refusesURL(text) || words(text).some(leaves),
  srcset: refusesSet,
  css: refusesCss,
};

/** Whether `value` must not be written to what is called `name` (a property of that name: `property`) of `element`. */
export function refuses(element: Element, name: string, value: unknown, property = false): boolean {
  const short = local(name);
  if (/^on/.test(short) || (property && (refusesProperty(name) || unwritten.has(short)))) return true;
  const rule = rules.get(local(own(element).localName) + " " + short) ?? rules.get(" " + short);
  return rule !== undefined && (rule === "refuse" || (value !== null && VALUES[rule]!(String(value))));
}
