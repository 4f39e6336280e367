import assert from "node:assert/strict";
import { test } from "node:test";
import { golden } from "./golden.ts";
import { CONNECT, CONNECT_ERROR, DISCONNECT, EVENT, decode, encodeConnect, encodeEvent, fits } from "../src/socketio.ts";

interface Messages {
  browser_to_server: { title: string; message: unknown[]; wire: string }[];
  server_to_browser: { title: string; message: unknown[]; wire: string }[];
}

test("messages travel as the golden file has them", () => {
  const messages = golden<Messages>("messages.json");
  for (const { title, message, wire } of messages.browser_to_server) assert.equal(encodeEvent(message), wire, title);
  for (const { title, message, wire } of messages.server_to_browser) {
    assert.deepEqual(decode(wire), { type: EVENT, data: message }, title);
  }
});

test("what goes out", () => {
  assert.equal(encodeConnect({ version: 1 }), '0/__pycommunicate,{"version":1}');
  assert.equal(encodeEvent(["ack", "e", 17, []]), '2/__pycommunicate,["ack","e",17,[]]');
});

test("what comes in", () => {
  assert.deepEqual(decode('0/__pycommunicate,{"sid":"x"}'), { type: CONNECT, data: { sid: "x" } });
  assert.deepEqual(decode('2/__pycommunicate,["credit","e",1,2]'), { type: EVENT, data: ["credit", "e", 1, 2] });
  assert.deepEqual(decode("1/__pycommunicate,"), { type: DISCONNECT, data: null });
  assert.deepEqual(decode("1/__pycommunicate"), { type: DISCONNECT, data: null });
  assert.deepEqual(decode('4/__pycommunicate,{"message":"no"}'), { type: CONNECT_ERROR, data: { message: "no" } });
});

test("what is none of ours, or nothing at all, is left aside", () => {
  for (const text of ["", "2", '2["x"]', '2/other,["x"]', "2/__pycommunicate,[", '2/__pycommunicated,["x"]']) {
    assert.equal(decode(text), null);
  }
});

test("a message is measured in bytes", () => {
  assert.equal(fits("a".repeat(99), 100), true);
  assert.equal(fits("a".repeat(100), 100), false);
  assert.equal(fits("€".repeat(34), 100), false);
  assert.equal(fits("€".repeat(33), 101), true);
});
