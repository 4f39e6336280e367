// A field hides its form's own property of the same name: with <input name=setAttribute>, `form.setAttribute` is that field. So does an image,
// a form or a frame with the document's (https://webidl.spec.whatwg.org/#LegacyOverrideBuiltIns). What stands in a page is anybody's: the
// prototype is asked, which nothing in a page hides.

const NATIVE: ProxyHandler<any> = {
  get(target, name) {
    const prototype = Object.getPrototypeOf(target);
    const value = Reflect.get(name in prototype ? prototype : target, name, target);
    return typeof value === "function" ? value.bind(target) : value;
  },
  set: (target, name, value) => Reflect.set(Object.getPrototypeOf(target), name, value, target),
};

/** `target` with the properties that its prototype has. To look at and to call: it is not a node that others take. */
export function native<T extends object>(target: T): T {
  return new Proxy(target, NATIVE);
}

/** The same for an element that may be a form; others hide nothing. */
export function own<T extends Element>(element: T): T {
  return element instanceof HTMLFormElement ? native(element) : element;
}

const plain = native(document);
export { plain as document };
