import "./dom.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Operation } from "../src/operations/apply.ts";
import { type Repeat, unfold } from "../src/operations/repeats.ts";
import { golden } from "./golden.ts";

interface Repeats {
  cases: { title: string; operations: Operation[]; wire: (Operation | Repeat)[] }[];
}

for (const { title, operations, wire } of golden<Repeats>("repeats.json").cases) {
  test(title, () => {
    const unfolded: Operation[] = [];
    unfold(wire, (operation) => unfolded.push([...operation]), () => false);
    assert.deepEqual(unfolded, operations);
  });
}
