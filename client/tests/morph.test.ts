import { $, body } from "./dom.ts";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { watchHead } from "../src/head.ts";
import { Keep } from "../src/keep.ts";
import { morph } from "../src/morph.ts";

const keep = new Keep();
keep.watch();

const BASE = "/__pycommunicate";
const CLIENT = `<script type="application/json" id="pycommunicate-page">{}</script><script src="${BASE}/client-1.js" defer></script>`;

beforeEach(() => {
  keep.discard();
  document.head.innerHTML = `<title>Old</title><style>p{}</style>${CLIENT}`;
  watchHead();
});

/** The same view again: what the person changed stays. */
function again(html: string): void {
  keep.save();
  morph({ html, nonce: "n1", strict: false, keep, base: BASE, ours: () => false });
  keep.settle();
}

/** Another view. */
function another(html: string, ours: (element: Element) => boolean = () => false): void {
  keep.discard();
  morph({ html, nonce: "n1", strict: false, keep: null, base: BASE, ours });
}

function type(selector: string, value: string): void {
  const field = $(selector) as HTMLInputElement;
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

const valueOf = (selector: string): string => ($(selector) as HTMLInputElement).value;

test("head, title, language and body follow; what is the same stays the same element", () => {
  body('<p id="a">1</p>');
  const paragraph = $("#a");
  const style = $("style");
  another(`<html lang="de" class="x"><head><meta name="m"><style>p{}</style><title>New</title>${CLIENT}</head><body class="b"><h1>H</h1><p id="a">2</p></body></html>`);
  assert.equal(document.title, "New");
  assert.deepEqual([document.documentElement.lang, document.documentElement.className, document.body.className], ["de", "x", "b"]);
  assert.equal(document.body.innerHTML, '<h1>H</h1><p id="a">2</p>');
  assert.equal($("#a"), paragraph);
  assert.equal($("style"), style);
  assert.ok($("meta[name=m]"));
});

test("the client's own elements are neither replaced nor run again", () => {
  const [data, script] = [$("#pycommunicate-page"), $("script[src]")];
  another(`<head><title>x</title>${CLIENT.replace("client-1", "client-2")}</head>`);
  assert.deepEqual([$("#pycommunicate-page"), $("script[src]")], [data, script]);
});

test("a style that a script put into the head stays; one that an operation put there goes", () => {
  const [foreign, ours] = [document.createElement("style"), document.createElement("style")];
  ours.textContent = "b{}";
  document.head.append(foreign, ours);
  another("<head><title>x</title></head>", (element) => element === ours);
  assert.deepEqual([...document.head.querySelectorAll("style")], [foreign]);
});

test("another view: fields take the values of its HTML", () => {
  body('<input id="a"><input id="b" type="checkbox"><textarea id="t"></textarea>');
  type("#a", "typed");
  type("#t", "typed");
  ($("#b") as HTMLInputElement).checked = true;
  another('<input id="a" value="new"><input id="b" type="checkbox"><textarea id="t">new</textarea>');
  assert.deepEqual([valueOf("#a"), valueOf("#t"), ($("#b") as HTMLInputElement).checked], ["new", "new", false]);
});

test("the same view: what was typed stays, by id, by name within the form, by position", () => {
  body('<input id="a"><form><input name="n"><textarea name="t"></textarea></form><input><input>');
  type("#a", "by id");
  type("[name=n]", "by name");
  type("textarea", "by name too");
  type("body > input:last-child", "by position");
  again('<h1>New</h1><div><input id="a" value="x"></div><form><p><input name="n"></p><textarea name="t"></textarea></form><input><input>');
  assert.deepEqual([valueOf("#a"), valueOf("[name=n]"), valueOf("textarea"), valueOf("body > input:last-child")], [
    "by id", "by name", "by name too", "by position",
  ]);
});

test("checkbox, radio, select and details stay as the person left them", () => {
  const html =
    '<input type="checkbox" name="c" checked><input type="radio" name="r" value="1" checked><input type="radio" name="r" value="2">' +
    '<select name="s"><option>1</option><option>2</option></select><details id="d"><summary>s</summary></details>';
  body(html);
  ($("[name=c]") as HTMLInputElement).checked = false;
  ($("[value='2']") as HTMLInputElement).checked = true;
  type("select", "2");
  ($("#d") as HTMLDetailsElement).open = true;
  again(`<p>New</p>${html}`);
  const checked = (selector: string): boolean => ($(selector) as HTMLInputElement).checked;
  assert.deepEqual([checked("[name=c]"), checked("[value='1']"), checked("[value='2']"), valueOf("select")], [false, false, true, "2"]);
  assert.equal(($("#d") as HTMLDetailsElement).open, true);
});

test("what the person did not touch takes the new HTML's value", () => {
  body('<input id="a" value="1">');
  again('<input id="a" value="2">');
  assert.equal(valueOf("#a"), "2");
});

test("what was typed where load() puts an element comes back with the element", () => {
  body('<div id="rows"><input id="made"></div>');
  type("#made", "typed");
  $("#made").focus();
  again('<div id="rows"></div>');
  assert.equal($("#rows").innerHTML, "");
  $("#rows").innerHTML = '<input id="made">';
  keep.settle();
  assert.equal(valueOf("#made"), "typed");
  assert.equal(document.activeElement, $("#made"));
});

test("a value that the server writes wins over what was typed", () => {
  body('<input id="made">');
  type("#made", "typed");
  again("");
  body('<input id="made">');
  (($("#made") as HTMLInputElement).value = "server's"), keep.wrote($("#made"), "value");
  keep.settle();
  assert.equal(valueOf("#made"), "server's");
});

test("once load() has ended, nothing is put back any more", () => {
  body('<input id="made">');
  type("#made", "typed");
  again("");
  keep.loaded();
  keep.settle();
  body('<input id="made">');
  keep.settle();
  assert.equal(valueOf("#made"), "");
});

test("what the server wrote last is nothing that a person typed", () => {
  body('<input id="a">');
  type("#a", "typed");
  ($("#a") as HTMLInputElement).value = "server's";
  keep.wrote($("#a"), "value");
  again('<input id="a">');
  assert.equal(valueOf("#a"), "");
});

test("a second mount before load() has ended loses nothing", () => {
  body('<input id="made">');
  type("#made", "typed");
  again("");
  again("");
  body('<input id="made">');
  keep.settle();
  assert.equal(valueOf("#made"), "typed");
});

test("scripts inside <noscript> and their like stay text", () => {
  another('<noscript><img src="x"></noscript>');
  assert.equal($("noscript").children.length, 0);
});

test("a nonce that is not exactly that of the HTML is emptied, in the attribute and in the property", () => {
  body("");
  another('<p id="a" nonce="n1 ">1</p><p id="b" nonce="other">2</p><p id="c" nonce="n1">3</p>');
  // The document of this test has no nonce to give.
  for (const name of ["#a", "#b", "#c"]) assert.equal($(name).getAttribute("nonce"), "");
});
