import type { EventQueue } from "../events.ts";
import type { Handles } from "../handles.ts";
import type { Keep } from "../keep.ts";
import type { Read } from "./foresee.ts";
import type { Listeners } from "../listeners.ts";
import { own } from "../native.ts";

export type Foretold = readonly [version: number, asked: Read[]];

/** What an operation may touch. */
export interface Scope {
  handles: Handles;
  listeners: Listeners;
  events: EventQueue;
  keep: Keep;
  /** What the server will ask after events of listeners: by the number that the listener's `ask` names. */
  foretold: Map<number, Foretold>;
  base: string;
  /** Whether `load()` has ended. */
  loaded: boolean;
  /** Called when it has. */
  ended?(): void;
}

/** The descendants of `element` have left the document for good, or are about to. */
export function forgetChildren({ handles, listeners }: Scope, element: Element): void {
  if (!own(element).firstElementChild) return;
  for (const descendant of own(element).getElementsByTagName("*")) {
    handles.forget(descendant);
    listeners.forget(descendant);
  }
}

export function forget(scope: Scope, element: Element): void {
  forgetChildren(scope, element);
  scope.handles.forget(element);
  scope.listeners.forget(element);
}
