import { body } from "./dom.ts";
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Eager } from "../src/debug/eager.ts";
import { type Fault, render } from "../src/debug/fault.ts";
import { versioned } from "../src/debug/urls.ts";
import { Visible } from "../src/debug/visible.ts";
import { FakeServer } from "./server.ts";

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  body("");
});
afterEach(() => mock.timers.reset());

async function joined(eager: Eager): Promise<FakeServer> {
  const server = new FakeServer((open) => eager.around(open));
  eager.connection = server.connection;
  server.heard = (call) => (call === "lost" ? eager.lost() : eager.joined());
  await server.join();
  return server;
}

test("an announced restart is met at once, then every 30 ms, for 3 s", async () => {
  const eager = new Eager();
  const server = await joined(eager);
  eager.announce();
  server.events.closed();
  assert.equal(server.links, 2, "no pause before the first attempt");
  for (let tried = 2; tried < 50; tried++) {
    server.events.closed();
    mock.timers.tick(29);
    assert.equal(server.links, tried);
    mock.timers.tick(1);
    assert.equal(server.links, tried + 1);
  }
  mock.timers.tick(3_000);
  const links = server.links;
  server.events.closed();
  mock.timers.tick(60);
  assert.equal(server.links, links, "after that, in the connection's own time");
  mock.timers.tick(400);
  assert.equal(server.links, links + 1);
});

test("an attempt that is under way is left alone", async () => {
  const eager = new Eager();
  const server = await joined(eager);
  eager.announce();
  server.events.closed();
  mock.timers.tick(1_000);
  assert.equal(server.links, 2);
  await server.join("resumed");
  assert.deepEqual(server.calls, ["joined", "lost", "joined"]);
});

test("a loss that nobody announced is met in the connection's own time, as is the one after", async () => {
  const eager = new Eager();
  const server = await joined(eager);
  server.events.closed();
  mock.timers.tick(60);
  assert.equal(server.links, 1);
  mock.timers.tick(200);
  await server.join("resumed");
  eager.announce();
  server.events.closed();
  await server.join("resumed");
  const links = server.links;
  server.events.closed();
  mock.timers.tick(60);
  assert.equal(server.links, links);
});

test("what hot reload says is handed on, and answered with what was applied", async () => {
  const server = new FakeServer();
  await server.join();
  server.send("debug", "files", ["/static/app.css?v=2"]);
  server.session.tell("visible");
  assert.deepEqual(server.calls, ["joined", 'debug files ["/static/app.css?v=2"]']);
  assert.deepEqual(server.messages, [["visible", "e1", 0]]);
});

test("a stale page answers once: at once, when it is seen, or when it is connected", () => {
  let told = 0;
  let connected = true;
  let hidden = false;
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  const visible = new Visible(() => connected && ++told > 0);
  const shown = () => document.dispatchEvent(new Event("visibilitychange"));
  visible.stale();
  shown();
  assert.equal(told, 1);
  hidden = true;
  visible.stale();
  visible.stale();
  assert.equal(told, 1);
  hidden = connected = false;
  shown();
  assert.equal(told, 1);
  connected = true;
  visible.settle();
  visible.settle();
  assert.equal(told, 2);
  hidden = true;
  visible.stale();
  visible.forget();
  hidden = false;
  shown();
  assert.equal(told, 2, "a mount anew is what it was stale for");
});

test("a URL gets the version of the file that it names, and keeps what else it has", () => {
  const file = new URL("http://localhost/static/app.css?v=17");
  assert.equal(versioned("static/app.css?theme=x&v=3", file), "http://localhost/static/app.css?theme=x&v=17");
  assert.equal(versioned("../app.css#a", file, "http://localhost/static/deep/b.css"), "http://localhost/static/app.css?v=17#a");
  for (const other of ["/static/app.css.map", "http://other/static/app.css", "data:text/css,x", "//", ""]) {
    assert.equal(versioned(other, file), null);
  }
});

test("an error's text is never markup", () => {
  const text = "<img src=x onerror=alert(1)>";
  const place = { file: text, line: 1, column: 1, end_column: 2, code: [[1, text]] as [number, string][] };
  const frames = [1, 2, 3].map((line) => ({ ...place, line, function: text, project: line < 3 }));
  const told = { ...place, kind: text, message: text, frames };
  const fault: Fault = { ...told, title: text, causes: [{ ...told, relation: text }], text };
  document.body.append(...render(fault));
  assert.equal(document.querySelectorAll("img").length, 0);
  assert.deepEqual(Array.from(document.querySelectorAll("h2"), (heading) => heading.textContent), ["Called from", text, "Called from"]);
});

test("an error without a place has no code", () => {
  const fault: Fault = {
    title: "t", kind: "KeyboardInterrupt", message: "", file: null, line: null, column: null, end_column: null, code: [], frames: [], causes: [], text: "",
  };
  document.body.append(...render(fault));
  assert.equal(document.body.textContent, "KeyboardInterrupt");
});
