import { $, body } from "./dom.ts";
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { FakeServer } from "./server.ts";

const CLICK = [
  [14, 1, "#a"],
  [10, 7, 1, "click"],
];

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  body('<button id="a"></button><p id="b"></p>');
});
afterEach(() => mock.timers.reset());

async function joined(terms: Record<string, unknown> = {}): Promise<FakeServer> {
  const server = new FakeServer();
  await server.join("joined", terms);
  server.send("operations", "e1", 1, CLICK, 0, (terms["allowed"] as number) ?? 100);
  return server;
}

/** Clicks, all in one turn, and lets them go out. */
async function click(times = 1): Promise<void> {
  for (let i = 0; i < times; i++) $("#a").click();
  await Promise.resolve();
}

async function reconnect(server: FakeServer): Promise<void> {
  server.messages = [];
  server.events.closed();
  mock.timers.tick(200);
  await Promise.resolve();
}

test("the first connection joins with the request of the page", async () => {
  const server = await joined();
  assert.deepEqual(server.auth, {
    version: 3, request: "request-1", resume: null, mount: "mount-1", epoch: null, applied: 0, made: 0,
  });
});

test("events of a listener that is held stay here; those of others go on", async () => {
  const server = await joined({ allowed: 2 });
  server.send("operations", "e1", 3, [[14, 2, "#b"], [10, 8, 2, "click"]], 0, 2);
  await click(4);
  server.messages = [];
  server.send("operations", "e1", 5, [[22, 7, true]], 2, 10);
  await click();
  $("#b").click();
  await Promise.resolve();
  assert.deepEqual(server.messages, [["event", "e1", 3, 5, 8, null]]);
  server.send("operations", "e1", 6, [[22, 7, false]], 3, 10);
  assert.deepEqual(server.messages[1], ["events", "e1", 4, 6, [[7], [7], [7]]]);
  await click();
  assert.deepEqual(server.messages[2], ["event", "e1", 7, 6, 7, null]);
});

test("what was sent before a listener is held keeps its number when the connection breaks", async () => {
  const server = await joined();
  await click(3);
  server.send("operations", "e1", 3, [[22, 7, true]], 1, 100);
  await click();
  await reconnect(server);
  assert.equal(server.auth["made"], 3);
  await server.join("resumed", { received: 1, resume: "resume-2" });
  assert.deepEqual(server.made(), [2, 3]);
  server.send("operations", "e1", 4, [[22, 7, false]], 3, 100);
  assert.deepEqual(server.messages.at(-1), ["event", "e1", 4, 4, 7, null]);
});

test("until it has joined, a page asks for the same again", async () => {
  const server = new FakeServer();
  await Promise.resolve();
  await reconnect(server);
  assert.equal(server.auth["request"], "request-1");
});

test("an event carries its number, and what was applied", async () => {
  const server = await joined();
  await click(2);
  await click();
  assert.deepEqual(server.messages, [
    ["events", "e1", 1, 2, [[7], [7]]],
    ["event", "e1", 3, 2, 7, null],
  ]);
});

test("events of one turn travel together, as many as fit a message", async () => {
  const server = await joined({ limits: { message: 1_024 } });
  server.send("operations", "e1", 3, [[10, 8, 1, "input", { event: true }]], 0, 100);
  for (let i = 0; i < 5; i++) $("#a").dispatchEvent(new Event("input"));
  $("#a").click();
  await Promise.resolve();
  const told = { type: "input", target: 1, value: "", id: "a" };
  assert.deepEqual(server.messages, [
    ["events", "e1", 1, 3, Array(4).fill([8, told])],
    ["events", "e1", 5, 3, [[8, told], [7]]],
  ]);
});

test("what was made before an answer is sent before it", async () => {
  const server = await joined();
  $("#a").click();
  server.send("operations", "e1", 3, [[31, 5, "#a"]], 0, 100);
  await Promise.resolve();
  assert.deepEqual(server.messages, [["event", "e1", 1, 3, 7, null], ["answer", "e1", 3, 5, 0, true]]);
});

test("operations that were applied before are skipped", async () => {
  const server = await joined();
  server.send("operations", "e1", 1, [...CLICK, [1, 0, 2, "i"], [14, 3, "#b"], [5, 3, "once"]], 0, 100);
  assert.equal($("#b").textContent, "once");
  await click();
  assert.deepEqual(server.messages, [["event", "e1", 1, 5, 7, null]]);
  $("html > i").remove();
});

test("operations of another epoch are dropped, and missing ones are asked for", async () => {
  const server = await joined();
  server.send("operations", "e0", 3, [[4, 1]], 0, 100);
  server.send("operations", "e1", 9, [[4, 1]], 0, 100);
  assert.ok($("#a"));
  mock.timers.tick(200);
  await Promise.resolve();
  assert.deepEqual([server.links, server.auth["resume"], server.auth["applied"]], [2, "resume-1", 2]);
});

test("events wait for credit", async () => {
  const server = await joined({ allowed: 2 });
  await click(5);
  assert.equal(server.made().length, 2);
  server.send("credit", "e1", 2, 4);
  assert.deepEqual(server.made(), [1, 2, 3, 4]);
});

test("after a broken connection, what the server has not received is sent again, with what was made meanwhile", async () => {
  const server = await joined();
  await click(3);
  server.messages = [];
  server.events.closed();
  await click();
  mock.timers.tick(200);
  await Promise.resolve();
  assert.deepEqual(server.auth, {
    version: 3, request: null, resume: "resume-1", mount: "mount-2", epoch: "e1", applied: 2, made: 4,
  });
  await server.join("resumed", { received: 1, resume: "resume-2" });
  assert.deepEqual(server.made(), [2, 3, 4]);
  assert.deepEqual(server.calls, ["joined", "lost", "joined"]);
});

test("what an older connection still says is ignored", async () => {
  const server = await joined();
  const older = server.events;
  await reconnect(server);
  await server.join("resumed");
  older.received('2/__pycommunicate,["operations","e1",3,[[4,1]],0,100]');
  older.closed();
  assert.ok($("#a"));
  assert.equal(server.links, 2);
});

test("a mount anew ends events, handles and listeners of the old epoch", async () => {
  const server = await joined();
  await click();
  await reconnect(server);
  await server.join("remount", { epoch: "e2", html: "", keep: true, url: null, nonce: "n1", strict: false });
  await click();
  server.send("operations", "e2", 1, [[5, 1, "gone"], ...CLICK], 0, 100);
  await click();
  assert.deepEqual(server.messages, [["failed", "e2", 1, 1, "gone"], ["event", "e2", 1, 3, 7, null]]);
  assert.deepEqual(server.calls, ["joined", "lost", "joined", "remounted, something lost"]);
});

test("a change of view in the middle of a connection keeps the token where none is given", async () => {
  const server = await joined();
  await click();
  await server.join("remount", { epoch: "e2", resume: null, html: "", keep: false, url: null, nonce: "n1", strict: false });
  assert.deepEqual(server.calls, ["joined", "remounted"]);
  await reconnect(server);
  assert.deepEqual([server.auth["resume"], server.auth["epoch"]], ["resume-1", "e2"]);
});

test("a batch is acknowledged within 50 ms, an event acknowledges too", async () => {
  const server = await joined();
  mock.timers.tick(50);
  assert.deepEqual(server.messages, [["ack", "e1", 2, []]]);
  server.send("operations", "e1", 3, [[16]], 0, 100);
  await click();
  mock.timers.tick(50);
  assert.deepEqual(server.messages.slice(1), [["event", "e1", 1, 3, 7, null]]);
});

test("256 KiB are acknowledged at once", async () => {
  const server = await joined();
  server.send("operations", "e1", 3, [[6, 1, "title", "x".repeat(262_144)]], 0, 100);
  assert.deepEqual(server.messages, [["ack", "e1", 3, []]]);
});

test("listeners of deleted elements are released, again after a broken connection", async () => {
  const server = await joined();
  server.send("operations", "e1", 3, [[4, 1]], 0, 100);
  mock.timers.tick(50);
  assert.deepEqual(server.messages, [["ack", "e1", 3, [7]]]);
  await reconnect(server);
  await server.join("resumed");
  mock.timers.tick(50);
  assert.deepEqual(server.messages, [["ack", "e1", 3, [7]]]);
});

test("a thousand released listeners travel at once, the others in messages of their own", async () => {
  const server = await joined();
  const many = Array.from({ length: 2_500 }, (_, index) => [10, 100 + index, 1, "click"]);
  server.send("operations", "e1", 3, [...many, [4, 1]], 0, 100);
  mock.timers.tick(50);
  assert.deepEqual(server.messages.map(([name, , applied, released]) => [name, applied, (released as number[]).length]), [["ack", 2_503, 1_000], ["ack", 2_503, 1_000], ["ack", 2_503, 501]]);
});

test("one operation that fails is reported, and the next is carried out", async () => {
  const server = await joined();
  const warn = mock.method(console, "warn", () => {});
  server.send("operations", "e1", 3, [[5, 99, "x"], [14, 3, "#b"], [5, 3, "done"], [29]], 0, 100);
  assert.deepEqual(server.messages, [["failed", "e1", 3, 3, "gone"], ["failed", "e1", 6, 6, "failed"]]);
  assert.equal($("#b").textContent, "done");
  assert.equal(warn.mock.callCount(), 2);
  warn.mock.restore();
});

test("an answer is taken between the writes before it and those after", async () => {
  const server = await joined();
  server.send("operations", "e1", 3, [[6, 1, "title", "1"], [32, 5, 1, "title"], [6, 1, "title", "2"]], 0, 100);
  assert.deepEqual(server.messages, [["answer", "e1", 4, 5, 0, "1"]]);
});

test("an answer that does not fit is an error, an event that does not fit goes without its value", async () => {
  const server = await joined({ limits: { message: 400 } });
  server.send("operations", "e1", 3, [[6, 1, "value", "€".repeat(200)], [32, 5, 1, "value"], [10, 8, 1, "input", { event: true }]], 0, 100);
  $("#a").dispatchEvent(new Event("input"));
  await Promise.resolve();
  assert.deepEqual(server.messages, [
    ["answer", "e1", 4, 5, 2, "too_large"],
    ["event", "e1", 1, 5, 8, { type: "input", target: 1, id: "a" }],
  ]);
});

test("past ten thousand waiting events the newest is dropped, and the person told", async () => {
  const server = await joined({ allowed: 1 });
  await click(10_001);
  assert.deepEqual(server.calls, ["joined", "full"]);
  server.send("credit", "e1", 1, 20_000);
  assert.equal(server.made().length, 10_000);
});

test("an event that is met with silence means that the link is dead", async () => {
  const server = await joined();
  await click();
  mock.timers.tick(2_400);
  server.events.heard();
  mock.timers.tick(200);
  assert.equal(server.links, 1);
  await click();
  mock.timers.tick(2_500);
  assert.deepEqual(server.calls, ["joined", "lost"]);
  mock.timers.tick(200);
  assert.equal(server.links, 2);
});

test("an attempt that leads nowhere is given up after 5 s", async () => {
  const server = new FakeServer();
  mock.timers.tick(5_000);
  assert.equal(server.links, 2);
});

test("attempts come quickly at first, later more seldom", async () => {
  const server = await joined();
  const random = mock.method(Math, "random", () => 0.5);
  const pauses: number[] = [];
  for (let lost = 0; pauses.length < 300; ) {
    const before = server.links;
    server.events.closed();
    lost = 0;
    while (server.links === before) {
      mock.timers.tick(10);
      lost += 10;
    }
    pauses.push(lost);
  }
  random.mock.restore();
  assert.deepEqual(pauses.slice(0, 4), [100, 200, 300, 300]);
  assert.deepEqual([pauses[250], pauses[299]], [2_000, 2_000]);
});

test("who is refused does not come again", async () => {
  const server = await joined();
  server.send("refused", "gone_for_good", "Sorry.");
  server.events.closed();
  mock.timers.tick(60_000);
  assert.deepEqual(server.calls, ["joined", "refused gone_for_good"]);
  assert.equal(server.links, 1);
});

test("leaving says so, once", async () => {
  const server = await joined();
  server.session.leave();
  await click();
  mock.timers.tick(60_000);
  assert.deepEqual(server.messages, [["leave", "e1"]]);
  assert.equal(server.links, 1);
});
