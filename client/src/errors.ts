export type ErrorCode = "gone" | "invalid_selector" | "refused" | "too_large" | "policy" | "failed";

/** What went wrong with one operation, as the server is told. */
export class OperationError extends Error {
  constructor(readonly code: ErrorCode, message: string = code) {
    super(message);
  }
}

export function codeOf(error: unknown): ErrorCode {
  return error instanceof OperationError ? error.code : "failed";
}
