// The messages of docs/wire.md.
import type { Operation } from "./operations/apply.ts";
import type { Repeat } from "./operations/repeats.ts";

export const VERSION = 3;

/** On what terms a connection goes on. */
export interface Terms {
  epoch: string;
  resume: string | null;
  mount: string;
  received: number;
  allowed: number;
  limits: { message: number };
}

export interface Remount extends Terms {
  html: string;
  keep: boolean;
  url: string | null;
  /** The nonce of this HTML's scripts: not the document's. */
  nonce: string;
  /** Whether other scripts stay dead, wherever they come from ('strict-dynamic'). */
  strict: boolean;
}

export type ServerMessage =
  | ["joined", Terms]
  | ["resumed", Terms]
  | ["remount", Remount]
  | ["operations", epoch: string, first: number, operations: (Operation | Repeat)[], received: number, allowed: number]
  | ["token", epoch: string, mount: string]
  | ["credit", epoch: string, received: number, allowed: number]
  | ["notice", code: "failed"]
  | ["refused", code: string, sentence: string]
  | ["debug", what: string, data: unknown];
