// Whether the client refuses to write something: the operations' own functions, on an element that is only a name.
import "./nodocument.ts";
import { setAttributeOf, setStyleOf } from "../src/operations/attributes.ts";
import { content, setPropertyOf } from "../src/operations/content.ts";
import { createIn } from "../src/operations/insert.ts";
import type { Scope } from "../src/operations/scope.ts";
import { OperationError } from "../src/errors.ts";
import { navigate } from "../src/operations/page.ts";
import { refusesProperty } from "../src/safety.ts";
import type { Write } from "./golden.ts";

/** What the elements of these tests are said to come from. */
export const ORIGIN = "http://localhost";

function stub(localName: string): Element {
  const nothing = (): void => {};
  return { localName, style: {}, setAttribute: nothing, removeAttribute: nothing } as unknown as Element;
}

function run([name, via, key, value]: Write): void {
  const element = stub(name);
  const scope = { handles: { get: () => element }, keep: { wrote: () => {} } } as unknown as Scope;
  if (via === "attribute") setAttributeOf(element, key, value as string | null);
  else if (via === "property") setPropertyOf(scope, element, key, value);
  else if (via === "style") setStyleOf(element, key, value as string | null);
  else if (via === "content") content(scope, 1, value as string);
  else if (via === "element") createIn(stub("div"), key);
  else if (via === "url") navigate(scope, value as string);
  else if (refusesProperty(key)) throw new OperationError("refused");
}

export function refused(write: Write): boolean {
  try {
    run(write);
  } catch (error) {
    return error instanceof OperationError && error.code === "refused"; // other errors: there is no document here
  }
  return false;
}
