import type { Operation } from "./apply.ts";

const REPEAT = 0;

/** One argument of an operation that recurs: `[value]` for all, `[first, step]`, or a value for each. */
export type Column = any[]; // what comes over the wire has been checked by the server's own table
export type Repeat = readonly [code: typeof REPEAT, count: number, shapes: [code: number, ...columns: Column[]][]];

/**
 * Runs through the operations of a message, what recurs written out. The other side is pycommunicate/protocol/repeats.py.
 * `whole` may carry out all that a repeat stands for; false where it has done nothing. An operation is valid for one call of `run`: the next may be the same array.
 */
export function unfold(operations: readonly (Operation | Repeat)[], run: (operation: Operation) => void, whole: (repeat: Repeat) => boolean): void {
  for (const operation of operations) {
    if (operation[0] !== REPEAT) run(operation as Operation);
    else if (!whole(operation as Repeat)) repeat(operation as Repeat, run);
  }
}

export function valueAt(column: Column, index: number): any {
  const { length } = column;
  return length > 2 ? column[index] : length === 1 ? column[0] : column[0] + index * column[1];
}

/** The operation at a place of what `repeat` stands for. */
export function operationAt([, , shapes]: Repeat, place: number): Operation {
  const [code, ...columns] = shapes[place % shapes.length]!;
  const index = Math.floor(place / shapes.length);
  return [code, ...columns.map((column) => valueAt(column, index))];
}

function repeat([, count, shapes]: Repeat, run: (operation: Operation) => void): void {
  const varying: Varying[] = [];
  const operations = shapes.map((shape) => filled(shape, varying));
  for (let index = 0; index < count; index++) {
    for (const { operation, place, column } of varying) {
      operation[place] = column.length > 2 ? column[index] : valueAt(column, index);
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
