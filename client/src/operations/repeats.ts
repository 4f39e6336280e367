import type { Operation } from "./apply.ts";

const REPEAT = 0;

/** One argument of an operation that recurs: `[value]` for all, `[first, step]`, or a value for each. */
type Column = unknown[];
export type Repeat = readonly [code: typeof REPEAT, count: number, shapes: [code: number, ...columns: Column[]][]];

/**
 * Runs through the operations of a message, what recurs written out. The other side is pycommunicate/protocol/repeats.py.
 * An operation is valid for one call of `run`: the next may be the same array.
 */
export function unfold(operations: readonly (Operation | Repeat)[], run: (operation: Operation) => void): void {
  for (const operation of operations) {
    if (operation[0] === REPEAT) repeat(operation as Repeat, run);
    else run(operation as Operation);
  }
}

function repeat([, count, shapes]: Repeat, run: (operation: Operation) => void): void {
  const operations = shapes.map((shape) => shape.slice() as [number, ...unknown[]]);
  for (let index = 0; index < count; index++) {
    for (let place = 0; place < shapes.length; place++) {
      const shape = shapes[place]!;
      const operation = operations[place]!;
      for (let argument = 1; argument < shape.length; argument++) operation[argument] = valueOf(shape[argument] as Column, index);
      run(operation);
    }
  }
}

function valueOf(column: Column, index: number): unknown {
  if (column.length > 2) return column[index];
  return column.length === 1 ? column[0] : (column[0] as number) + index * (column[1] as number);
}
