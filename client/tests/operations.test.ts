import { $, body } from "./dom.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { EventQueue } from "../src/events.ts";
import { Handles } from "../src/handles.ts";
import { Keep } from "../src/keep.ts";
import { Listeners } from "../src/listeners.ts";
import { type Operation, apply } from "../src/operations/apply.ts";
import { OPERATIONS } from "../src/operations/table.ts";
import { type Case, type Golden, golden } from "./golden.ts";

const { operations } = golden<Golden>("operations.json");
Object.assign(globalThis, { fetch: async () => ({ status: 204 }) });

test("the table is the server's", () => {
  const ours = Object.entries(OPERATIONS).map(([name, [code, run]]) => [code, name, run.length - 1]);
  const theirs = operations.map(({ code, name, arguments: names }) => [code, name, names.length]);
  assert.deepEqual(ours.sort(byCode), theirs.sort(byCode));
});

for (const { name, cases } of operations) {
  for (const golden of cases) test(`${name}: ${golden.title}`, () => demonstrate(golden));
}

async function demonstrate({ before, handles, operations, after, answers, failed }: Case): Promise<void> {
  body(before);
  const scope = { handles: new Handles(), events: new EventQueue(), listeners: new Listeners(() => {}), keep: new Keep(), foretold: new Map(), base: "/__pycommunicate", loaded: false };
  for (const [handle, selector] of Object.entries(handles)) scope.handles.set(Number(handle), $(selector));
  const answered: unknown[] = [];
  const failures: unknown[] = [];
  let number = 0;
  for (const operation of operations) {
    number++;
    apply(scope, operation as Operation, {
      answer: (tag, status, value) => answered.push([tag, status, value]),
      failed: (_operation, code) => failures.push([number, code]),
    });
  }
  await new Promise(setImmediate);
  if (after !== undefined) assert.equal(document.body.innerHTML, after);
  assert.deepEqual(answered, answers ?? []);
  assert.deepEqual(failures, failed ?? []);
  assert.equal(Object.getPrototypeOf({}), Object.prototype);
}

function byCode(a: unknown[], b: unknown[]): number {
  return Number(a[0]) - Number(b[0]);
}
