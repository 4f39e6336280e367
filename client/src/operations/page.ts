import { OperationError } from "../errors.ts";
import type { ListenerOptions } from "../listeners.ts";
import { refusesURL } from "../safety.ts";
import { select } from "./reads.ts";
import type { Scope } from "./scope.ts";

export function listen(scope: Scope, listener: number, handle: number, event: string, options: ListenerOptions | undefined): void {
  scope.listeners.add(listener, scope.handles.get(handle), event, options);
}

export function unlisten(scope: Scope, listener: number): void {
  scope.listeners.remove(listener);
}

export function hold(scope: Scope, listener: number, held: boolean): void {
  scope.events.hold(listener, held);
}

export function bind(scope: Scope, handle: number, selector: string): void {
  const element = select(selector);
  if (!element) throw new OperationError("gone");
  scope.handles.set(handle, element);
}

export function navigate(_scope: Scope, url: string): void {
  const to = refusesURL(url) ? null : new URL(url, location.href); // as a browser reads Location: a page's <base href> has no part in it
  if (!to || !/^https?:$/.test(to.protocol)) throw new OperationError("refused");
  location.assign(to);
}

export function loaded(scope: Scope): void {
  scope.keep.loaded();
  scope.loaded = true;
  scope.ended?.();
}
