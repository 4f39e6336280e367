import * as attributes from "./attributes.ts";
import * as content from "./content.ts";
import * as foresee from "./foresee.ts";
import * as insert from "./insert.ts";
import * as page from "./page.ts";
import * as reads from "./reads.ts";
import type { Scope } from "./scope.ts";
import * as visible from "./visible.ts";

// What comes over the wire has been checked by the server's own table; each function names the arguments it takes.
export type Run = (scope: Scope, ...operands: any[]) => unknown;

export const FIRST_READ = 30;

/** The same table as pycommunicate/protocol/operations.py: tests/wire/operations.json holds both to it. */
export const OPERATIONS: Readonly<Record<string, readonly [code: number, run: Run]>> = {
  add_child: [1, insert.addChild],
  add_before: [2, insert.addBefore],
  add_after: [3, insert.addAfter],
  delete: [4, insert.remove],
  content: [5, content.content],
  set_property: [6, content.setProperty],
  set_style: [7, attributes.setStyle],
  set_attribute: [8, attributes.setAttribute],
  set_classes: [9, attributes.setClasses],
  listen: [10, page.listen],
  unlisten: [11, page.unlisten],
  focus: [12, visible.focus],
  append_html: [13, insert.appendHtml],
  bind: [14, page.bind],
  navigate: [15, page.navigate],
  loaded: [16, page.loaded],
  prepend_child: [17, insert.prependChild],
  clear: [18, insert.clear],
  blur: [19, visible.blur],
  scroll_into_view: [20, visible.scrollIntoView],
  foretell: [21, foresee.foretell],
  hold: [22, page.hold],
  find: [30, reads.find],
  exists: [31, reads.exists],
  get_property: [32, reads.getProperty],
  get_style: [33, reads.getStyle],
  get_attribute: [34, reads.getAttribute],
  get_attributes: [35, reads.getAttributes],
  get_classes: [36, reads.getClasses],
  form_data: [37, reads.readForm],
  redeem: [38, reads.redeem],
  gather: [39, foresee.gather],
};

/** What carries an operation out, by its code. */
export const RUN: (Run | undefined)[] = [];
for (const [code, run] of Object.values(OPERATIONS)) RUN[code] = run;
