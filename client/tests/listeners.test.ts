import { $, body } from "./dom.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Handles } from "../src/handles.ts";
import { Listeners } from "../src/listeners.ts";
import { payloadOf, type Payload } from "../src/payload.ts";

function listening(html: string): { listeners: Listeners; fired: [number, Payload][] } {
  body(html);
  const handles = new Handles();
  const fired: [number, Payload][] = [];
  const listeners = new Listeners((number, event, matched) => fired.push([number, payloadOf(event, matched, handles)]));
  return { listeners, fired };
}

function press(element: Element, key: string, init: KeyboardEventInit = {}): Event {
  const event = new KeyboardEvent("keydown", { key, code: "", bubbles: true, cancelable: true, ...init });
  element.dispatchEvent(event);
  return event;
}

test("a delegated listener is told of the element that its selector matched", () => {
  const { listeners, fired } = listening('<ul id="l"><li id="x" data-row-id="5"><b>1</b></li></ul><b id="out">2</b>');
  listeners.add(1, $("#l"), "click", { selector: "li", event: true });
  $("b").click();
  $("#out").click();
  assert.equal(fired.length, 1);
  assert.deepEqual([fired[0]![1]["id"], fired[0]![1]["data"], fired[0]![1]["target"]], ["x", { rowId: "5" }, -1]);
});

test("what the server would not take of an event is left out", () => {
  const names = (count: number): string => Array.from({ length: count }, (_, index) => `data-a${"b".repeat(index % 200)}${"c".repeat(index > 199 ? 1 : 0)}=1`).join(" ");
  const { listeners, fired } = listening(`<input id="x" ${names(256)}><input id="y" ${names(257)}>`);
  ["x", "y"].forEach((id, index) => listeners.add(index + 1, $("#" + id), "keydown", { event: true }));
  press($("#x"), "k".repeat(256));
  press($("#y"), "k".repeat(257));
  $("#x").dispatchEvent(Object.assign(new Event("keydown"), { clientX: NaN, clientY: 1 }));
  const told = fired.map(([, { key, data, x }]) => [(key as string | undefined)?.length, data && Object.keys(data).length, x]);
  assert.deepEqual(told, [[256, 256, undefined], [undefined, undefined, undefined], [undefined, 256, undefined]]);
});

test("focus does not bubble, and is delegated all the same", () => {
  const { listeners, fired } = listening('<div id="l"><input id="x"></div>');
  listeners.add(1, $("#l"), "focus", { selector: "input" });
  $("#x").dispatchEvent(new Event("focus"));
  assert.equal(fired.length, 1);
});

test("only the keys asked for, and only then is the default prevented", () => {
  const { listeners, fired } = listening('<input id="x">');
  listeners.add(1, $("#x"), "keydown", { keys: ["Enter", "Escape"], prevent_default: true });
  const prevented = ["a", "Enter", "Escape"].map((key) => press($("#x"), key).defaultPrevented);
  assert.deepEqual(prevented, [false, true, true]);
  assert.equal(fired.length, 2);
});

test("the Enter that ends a composition is none, in either order of the events", () => {
  const { listeners, fired } = listening('<input id="x">');
  listeners.add(1, $("#x"), "keydown", { keys: ["Enter"] });
  press($("#x"), "Enter", { isComposing: true });
  const safari = Object.defineProperty(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }), "keyCode", { value: 229 });
  $("#x").dispatchEvent(safari); // after compositionend
  assert.equal(fired.length, 0);
  press($("#x"), "Enter");
  assert.equal(fired.length, 1);
});

test("once ends after the first that passes", () => {
  const { listeners, fired } = listening('<input id="x">');
  listeners.add(1, $("#x"), "keydown", { keys: ["Enter"], once: true });
  for (const key of ["a", "Enter", "Enter"]) press($("#x"), key);
  assert.equal(fired.length, 1);
  assert.equal(listeners.size, 0);
});

test("stop_propagation, unlisten, clear", () => {
  const { listeners, fired } = listening('<div id="l"><p id="x"></p></div>');
  listeners.add(1, $("#l"), "click");
  listeners.add(2, $("#x"), "click", { stop_propagation: true });
  $("#x").click();
  listeners.remove(2);
  $("#x").click();
  listeners.clear();
  $("#x").click();
  assert.deepEqual(fired.map(([number]) => number), [2, 1]);
});

test("what an event tells", () => {
  const { listeners, fired } = listening('<input id="x" type="checkbox" value="v" checked>');
  listeners.add(1, $("#x"), "keydown");
  press($("#x"), "A", { code: "KeyA", shiftKey: true });
  assert.deepEqual(fired[0]![1], {
    type: "keydown", target: -1, id: "x", value: "v", checked: true, key: "A", code: "KeyA", modifiers: ["shift"],
  });
});

test("submit tells the form's data, a custom event its detail", () => {
  const { listeners, fired } = listening('<form id="f"><input name="n" value="1"></form>');
  listeners.add(1, $("#f"), "submit", { prevent_default: true });
  listeners.add(2, $("#f"), "my:event");
  $("#f").dispatchEvent(new Event("submit", { cancelable: true }));
  $("#f").dispatchEvent(new CustomEvent("my:event", { detail: { a: [0, false, null, undefined, NaN], f: () => 1 } }));
  assert.deepEqual(fired[0]![1]["value"], { n: "1" });
  assert.deepEqual(fired[1]![1]["detail"], { a: [0, false, null, null, null], f: null });
});

test("a form is reset once its data is taken", () => {
  const { listeners, fired } = listening('<form id="f"><input name="n"><button id="b">x</button></form>');
  listeners.add(1, $("#f"), "submit", { event: true, prevent_default: true, reset: true });
  ($("[name=n]") as HTMLInputElement).value = "milk";
  $("#f").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  assert.deepEqual(fired[0]![1]["value"], { n: "milk" });
  assert.equal(($("[name=n]") as HTMLInputElement).value, "");
});
