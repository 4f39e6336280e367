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
  const varying: Varying[] = [];
  const operations = shapes.map((shape) => filled(shape, varying));
  for (let index = 0; index < count; index++) {
    for (const { operation, place, column } of varying) {
      operation[place] = column.length > 2 ? column[index] : (column[0] as number) + index * (column[1] as number);
    }
    for (const operation of operations) run(operation);
  }
}

/** An argument that is another each time. */
interface Varying {
  operation: [number, ...unknown[]];
  place: number;
  column: Column;
}

function filled([code, ...columns]: [number, ...Column[]], varying: Varying[]): Operation {
  const operation: [number, ...unknown[]] = [code];
  columns.forEach((column, index) => {
    operation.push(column[0]);
    if (column.length > 1) varying.push({ operation, place: index + 1, column });
  });
  return operation;
}
