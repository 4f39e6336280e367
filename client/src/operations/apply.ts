import { OperationError, codeOf, type ErrorCode } from "../errors.ts";
import { toJson } from "../values.ts";
import { redeem } from "./reads.ts";
import type { Scope } from "./scope.ts";
import { FIRST_READ, RUN } from "./table.ts";

export type Operation = readonly [code: number, ...operands: unknown[]];

export const JSON_VALUE = 0;
export const HANDLE = 1;
export const ERROR = 2;

/** What becomes of an operation, where the server has to know. */
export interface Outcome {
  answer(tag: number, status: number, value: unknown): void;
  failed(operation: Operation, code: ErrorCode, error: unknown): void;
}

export function apply(scope: Scope, operation: Operation, outcome: Outcome): void {
  const run = RUN[operation[0]];
  try {
    if (!run) throw new OperationError("failed", "unknown operation");
    const value = run(scope, operation[1], operation[2], operation[3], operation[4]);
    if (operation[0] < FIRST_READ) return;
    const tag = operation[1] as number;
    if (run === redeem) void (value as Promise<boolean>).then((done) => outcome.answer(tag, JSON_VALUE, done));
    else answer(scope, tag, value, outcome);
  } catch (error) {
    if (operation[0] >= FIRST_READ) outcome.answer(operation[1] as number, ERROR, codeOf(error));
    else outcome.failed(operation, codeOf(error), error);
  }
}

function answer(scope: Scope, tag: number, value: unknown, outcome: Outcome): void {
  if (value instanceof Element) outcome.answer(tag, HANDLE, scope.handles.of(value));
  else outcome.answer(tag, JSON_VALUE, toJson(value));
}
