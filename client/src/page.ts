import type { ServerMessage } from "./messages.ts";
import { document } from "./native.ts";
import type { Foretold } from "./operations/scope.ts";

/** What the page carries for us, as inert JSON. */
export interface PageData {
  version: number;
  base: string;
  request: string;
  mount: string;
  /** What `load()` will ask. */
  ask?: Foretold;
}

export const PAGE_ELEMENT = "pycommunicate-page";

/** A selector: the element that is this script. */
export function clientScript(base: string): string {
  return `script[src*="${base}/client"]`;
}

export function readPage(): PageData | null {
  return read<PageData>(PAGE_ELEMENT);
}

/** What `load()` wrote before the page was served: messages as they come over the socket. */
export function readLoad(): ServerMessage[] {
  return read<ServerMessage[]>("pycommunicate-load") ?? [];
}

function read<T>(id: string): T | null {
  const element = document.querySelector("script#" + id); // another element of that name is not ours
  return element ? (JSON.parse(element.textContent ?? "") as T) : null;
}
