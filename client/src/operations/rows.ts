import { isTyped } from "../keep.ts";
import { setAttributeOf, setClassesOf, setStyleOf } from "./attributes.ts";
import { setPropertyOf, setText } from "./content.ts";
import { createIn } from "./insert.ts";
import { type Column, type Repeat, valueAt } from "./repeats.ts";
import type { Scope } from "./scope.ts";
import { document, own } from "../native.ts";

const ADD_CHILD = 1;
const CONTENT = 5;
const SET_PROPERTY = 6;
const SET_STYLE = 7;
const SET_ATTRIBUTE = 8;
const SET_CLASSES = 9;
const LISTEN = 10;

/** Elements that are not indifferent to when they come into a document, or to what comes into them first. */
const LIVELY = /-|^((i|fenced)?frame|form|object|embed|audio|video|picture|source|track|link|style|meta|base|title|dialog|template|slot|select|output)$/i;
/** Properties that mean the same outside a document. Where an element knows them, a copy of it has them too. */
const PROPERTIES = /^(id|className|title|lang|dir|hidden|disabled|tabIndex|htmlFor|name|type|value|placeholder|alt|src|href|colSpan|rowSpan)$/;
/** Attributes that do not, and those that Content-Security-Policy is about. */
const UNLIKELY = /^(autofocus|nonce|open|checked|selected|style|slot)$/i;

/** An element of each row. */
interface Made {
  /** What is copied. */
  blank: Element;
  handles: Column;
  /** Where the copy is: the first in that element of the row (-1: in the list), or the next after that one (-1: it is the first). */
  inside: number;
  after: number;
  /** Something is done to each copy; what comes later must not come before that. */
  written: boolean;
}

type Run = (element: Element, index: number) => void;

/** What is done to an element of each row. */
interface Step {
  place: number;
  number: number;
  run: Run;
}

/**
 * Carries out a repeat that does nothing but add rows at the end of an element. What is the same in all rows is done once, and copied; they
 * come into the document together. False where the repeat is anything else: then nothing was done.
 */
export function addRows(scope: Scope, [, count, shapes]: Repeat, failed: (place: number, error: unknown) => void): boolean {
  const plan = new Plan(scope);
  try {
    if (!shapes.every(([code, ...columns], place) => plan.takes(place, code, columns))) return false;
  } catch {
    return false; // one by one, each with its failure
  }
  const { lists, made, steps } = plan;
  const rows = document.createDocumentFragment();
  const row: Element[] = [];
  let list = 0;
  for (let index = 0; index < count; index++) {
    const next = valueAt(lists!, index);
    if (next !== list && index) own(scope.handles.get(list)).appendChild(rows);
    list = next;
    for (let number = 0; number < made.length; number++) {
      const { blank, handles, inside, after } = made[number]!;
      const element = inside < 0 ? rows.appendChild(blank.cloneNode(true) as Element) : after < 0 ? row[inside]!.firstElementChild! : row[after]!.nextElementSibling!;
      row[number] = element;
      scope.handles.set(valueAt(handles, index) as number, element);
    }
    for (const step of steps) {
      try {
        step.run(row[step.number]!, index);
      } catch (error) {
        failed(index * shapes.length + step.place, error);
      }
    }
  }
  own(scope.handles.get(list)).appendChild(rows);
  return true;
}

class Plan {
  /** What each row is added to. */
  lists: Column | undefined;
  readonly made: Made[] = [];
  readonly steps: Step[] = [];

  constructor(readonly scope: Scope) {}

  /** Whether operation `place` of each row is one that rows may consist of. */
  takes(place: number, code: number, columns: Column[]): boolean {
    if (code === ADD_CHILD) return this.#child(...(columns as [Column, Column, Column]));
    const { scope } = this;
    const number = this.#named(columns[code === LISTEN ? 1 : 0]);
    const one = this.made[number];
    if (!one) return false;
    const [, first, second] = columns as [Column, Column, Column];

    const add = (run: Run, copied = false): true => {
      if (copied && !one.written) {
        run(one.blank, 0);
        return true;
      }
      one.written = true;
      this.steps.push({ place, number, run });
      return true;
    };
    const name = first?.length === 1 ? String(first[0]) : "";
    const same = (column: Column): boolean => column.length === 1 && !isTyped(name) && !name.startsWith("src");

    switch (code) {
      case CONTENT:
        if (one.blank.firstChild) return false; // it would take away what is there
        if (first.length === 1) setText(one.blank, first[0]);
        else one.blank.append("");
        return first.length === 1 || add((element, index) => fill(element.firstChild as Text, valueAt(first, index)));
      case SET_PROPERTY:
        return PROPERTIES.test(name) && add((element, index) => setPropertyOf(scope, element, name, valueAt(second, index)), name in one.blank && same(second));
      case SET_STYLE:
        return add((element, index) => setStyleOf(element, valueAt(first, index), valueAt(second, index)));
      case SET_ATTRIBUTE:
        return name !== "" && !UNLIKELY.test(name) && add((element, index) => setAttributeOf(element, name, valueAt(second, index)), same(second));
      case SET_CLASSES:
        return add((element, index) => setClassesOf(element, valueAt(first, index), valueAt(second, index)), first.length + second.length === 2);
      case LISTEN: {
        const options = columns[3] ?? [undefined];
        return add((element, index) => scope.listeners.add(valueAt(columns[0]!, index), element, valueAt(second, index), valueAt(options, index)));
      }
    }
    return false;
  }

  #child(parents: Column, handles: Column, tags: Column): boolean {
    const tag = String(tags[0]);
    if (tags.length > 1 || LIVELY.test(tag)) return false;
    const inside = this.#named(parents);
    const outer = this.made[inside];
    const around = outer ? outer.blank : this.#listOf(parents);
    if (!around) return false;
    const blank = createIn(around, tag);
    if (outer) around.appendChild(blank);
    this.made.push({ blank, handles, inside, after: this.made.map((one) => one.inside).lastIndexOf(inside), written: false });
    return true;
  }

  /** The first of the lists, where they are the same for all of a row, and alike. */
  #listOf(lists: Column): Element | undefined {
    const [first, ...others] = (lists.length === 2 ? [] : lists).map((handle) => this.scope.handles.get(handle));
    const { localName, namespaceURI } = (first && own(first)) ?? {};
    if (others.some((other) => own(other).localName !== localName || own(other).namespaceURI !== namespaceURI)) return undefined;
    this.lists ??= lists;
    return equal(this.lists, lists) ? first : undefined;
  }

  /** Which of a row's elements an argument names; -1 for none. */
  #named(column: Column | undefined): number {
    return this.made.findIndex(({ handles }) => handles.length > 1 && equal(handles, column));
  }
}

function equal(one: Column, other: Column | undefined): boolean {
  return one.length === other?.length && one.every((value, index) => value === other[index]);
}

/** Sets the text of an element as `content` does, though its other children are there already. */
function fill(place: Text, text: string): void {
  if (text && !/[\r\n]/.test(text)) {
    place.data = text;
    return;
  }
  const own = place.parentElement!.cloneNode() as Element;
  setText(own, text);
  place.replaceWith(...own.childNodes);
}
