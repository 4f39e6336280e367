import type { Scope } from "./scope.ts";
import { own } from "../native.ts";

export function focus(scope: Scope, handle: number): void {
  (own(scope.handles.get(handle)) as HTMLElement).focus();
  scope.keep.moved();
}

export function blur(scope: Scope, handle: number): void {
  (own(scope.handles.get(handle)) as HTMLElement).blur();
  scope.keep.moved();
}

export function scrollIntoView(scope: Scope, handle: number): void {
  own(scope.handles.get(handle)).scrollIntoView();
  scope.keep.moved();
}
