import { $, body } from "./dom.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { codeOf } from "../src/errors.ts";
import { EventQueue } from "../src/events.ts";
import { Handles } from "../src/handles.ts";
import { Keep } from "../src/keep.ts";
import { Listeners } from "../src/listeners.ts";
import { apply } from "../src/operations/apply.ts";
import { type Repeat, unfold } from "../src/operations/repeats.ts";
import { addRows } from "../src/operations/rows.ts";

type Shapes = Repeat[2];

const COUNT = 8;
const TEXTS = ["milk", "<b>", "a\nb", "", "&amp;", "bread", "ü", "eggs"];

/** The document, its handles and its listeners after `shapes`, COUNT times, and what failed. */
function after(shapes: Shapes, together: boolean): { whole: boolean; state: unknown } {
  body('<ul id="list"><li>first</li></ul><ul id="other"></ul><p id="third"></p>');
  const fired: unknown[] = [];
  const failures: unknown[] = [];
  const listeners = new Listeners((listener, _event, { id }) => fired.push([listener, id]));
  const scope = { handles: new Handles(), events: new EventQueue(), listeners, keep: new Keep(), foretold: new Map(), base: "/__pycommunicate", loaded: false };
  scope.handles.set(1, $("#list"));
  scope.handles.set(2, $("#other"));
  scope.handles.set(25, $("#third"));
  let whole = false;
  let number = 0;
  const failed = (_operation: unknown, code: string) => failures.push([number - 1, code]);
  unfold(
    [[0, COUNT, shapes]],
    (operation) => {
      number++;
      apply(scope, operation, { answer: () => assert.fail(), failed });
    },
    (repeat) => together && (whole = addRows(scope, repeat, (place, error) => failures.push([place, codeOf(error)]))),
  );
  for (const element of document.querySelectorAll("*")) element.dispatchEvent(new Event("click", { bubbles: false }));
  const named = [...document.querySelectorAll("*")].map((element) => (scope.handles.has(element) ? scope.handles.of(element) : null));
  const unknown = [...document.querySelectorAll<HTMLAnchorElement>("*")].map(({ href, name }) => [href, name]);
  return { whole, state: { html: document.body.innerHTML, named, unknown, fired, failures, listeners: listeners.size } };
}

function same(title: string, shapes: Shapes, whole = true): void {
  test(title, () => {
    const together = after(shapes, true);
    assert.equal(together.whole, whole);
    assert.deepEqual(together.state, after(shapes, false).state);
  });
}

const ROW = [1, [1], [3, 2], ["li"]] as Shapes[0];
const BUTTON = [1, [3, 2], [4, 2], ["button"]] as Shapes[0];

same("rows with ids, texts and a listener each", [
  ROW, [6, [3, 2], ["id"], TEXTS.map((_, index) => `row${index}`)], BUTTON, [6, [4, 2], ["id"], TEXTS.map((_, index) => `button${index}`)],
  [10, [1, 1], [4, 2], ["click"]], [5, [4, 2], ["Remove"]],
]);
same("texts, also with what looks like markup, line breaks and nothing", [ROW, [5, [3, 2], TEXTS]]);
same("what is the same in all rows: texts, classes, attributes, properties", [
  ROW, [9, [3, 2], [["a", "b"]], [[]]], [8, [3, 2], ["data-x"], ["1"]], [6, [3, 2], ["className"], ["c"]], [9, [3, 2], [["d"]], [["c"]]],
  BUTTON, [5, [4, 2], ["Remove"]], [8, [4, 2], ["type"], ["button"]], [6, [4, 2], ["disabled"], [true]],
]);
same("what is the same after what differs stays after it", [ROW, [6, [3, 2], ["className"], TEXTS], [6, [3, 2], ["className"], ["last"]]]);
same("a text before the children", [ROW, [5, [3, 2], ["Entry "]], BUTTON]);
same("children that come after a text which differs", [ROW, [5, [3, 2], TEXTS], BUTTON, [5, [4, 2], TEXTS]]);
same("several elements for each row, at several depths", [
  [1, [1], [10, 5], ["dt"]], [1, [1], [11, 5], ["dd"]], [1, [11, 5], [12, 5], ["b"]], [1, [11, 5], [13, 5], ["i"]], [1, [12, 5], [14, 5], ["u"]], [5, [14, 5], TEXTS], [5, [13, 5], TEXTS],
]);
same("handles that are not evenly spaced", [[1, [1], [9, 5, 3, 7, 11, 13, 15, 19], ["li"]], [5, [9, 5, 3, 7, 11, 13, 15, 19], TEXTS]]);
same("rows of several lists, one after the other", [[1, [1, 1, 1, 2, 2, 2, 2, 1], [3, 2], ["li"]], [5, [3, 2], TEXTS]]);
same("rows of lists that are not alike", [[1, [1, 1, 1, 1, 1, 1, 1, 25], [3, 2], ["li"]], [5, [3, 2], TEXTS]], false);
same("styles", [ROW, [7, [3, 2], ["color"], ["red", "blue", null, "red", "red", "red", "red", "red"]]]);
same("properties that the element does not know", [ROW, [6, [3, 2], ["href"], ["/x"]], [6, [3, 2], ["name"], ["n"]]]);
same("one that fails is told, and the rest goes on", [
  ROW, [8, [3, 2], ["href"], TEXTS.map((_, index) => (index === 3 ? "javascript:alert(1)" : "/x"))], [5, [3, 2], TEXTS],
]);
same("one that always fails", [ROW, [8, [3, 2], ["onclick"], ["alert(1)"]], [5, [3, 2], TEXTS]], false);
same("a list that is gone", [[1, [99], [3, 2], ["li"]], [5, [3, 2], TEXTS]], false);
same("scripts", [[1, [1], [3, 2], ["script"]], [5, [3, 2], TEXTS]], false);
same("a text that takes the children away", [ROW, BUTTON, [5, [3, 2], TEXTS]], false);
same("a second text", [ROW, [5, [3, 2], TEXTS], [5, [3, 2], ["last"]]], false);
same("something beside the rows", [ROW, [5, [2], TEXTS]], false);
same("rows that belong to two lists", [ROW, [1, [2], [4, 2], ["b"]]], false);
same("elements that notice when they come into a document", [[1, [1], [3, 2], ["my-row"]]], false);
same("texts of rows that are there", [[5, [1], TEXTS]], false);
