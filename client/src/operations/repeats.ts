import type { Operation } from "./apply.ts";

const REPEAT = 0;

/** One argument of an operation that recurs: `[value]` for all, `[first, step]`, or a value for each. */
type Column = unknown[];
export type Repeat = readonly [code: typeof REPEAT, count: number, shapes: [code: number, ...columns: Column[]][]];

/** The operations of a message, what recurs written out. The other side is pycommunicate/protocol/repeats.py. */
export function unfold(operations: readonly (Operation | Repeat)[]): Operation[] {
  const plain: Operation[] = [];
  for (const operation of operations) {
    if (operation[0] !== REPEAT) {
      plain.push(operation as Operation);
      continue;
    }
    const [, count, shapes] = operation as Repeat;
    for (let index = 0; index < count; index++) {
      for (const [code, ...columns] of shapes) plain.push([code, ...columns.map((column) => valueOf(column, index))]);
    }
  }
  return plain;
}

function valueOf(column: Column, index: number): unknown {
  if (column.length > 2) return column[index];
  return column.length === 1 ? column[0] : (column[0] as number) + index * (column[1] as number);
}
