/** An exception, as `pycommunicate/reload/fault.py` describes it. */
export interface Place {
  file: string | null;
  line: number | null;
  column: number | null;
  end_column: number | null;
  code: [number: number, text: string][];
}

export interface Frame extends Place {
  function: string;
  project: boolean;
}

export interface Told extends Place {
  kind: string;
  message: string;
  frames: Frame[];
}

export interface Fault extends Told {
  title: string;
  causes: (Told & { relation: string })[];
  text: string;
  /** What becomes of it; left out of an exception. */
  note?: string;
}

type Child = Node | string | null;

/** An element with its class and what is in it; text stays text. */
export function make<K extends keyof HTMLElementTagNameMap>(name: K, className = "", ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** All but the title: what it is, where, how it came to it, what caused it. */
export function render(fault: Fault): Node[] {
  return [
    ...story(fault),
    ...fault.causes.map((cause) => make("section", "cause", make("h2", "", capital(cause.relation)), ...story(cause))),
  ];
}

function story(told: Told): Node[] {
  const said = make("p", "said", make("span", "kind", told.kind), told.message && ` ${told.message}`);
  const shown = [said, ...(told.file === null ? [] : [make("p", "place", placeOf(told)), ...codeOf(told)])];
  const [first] = told.frames;
  const leading = first?.project && first.file === told.file && first.line === told.line;
  const own = told.frames.filter((frame) => frame.project).slice(leading ? 1 : 0);
  const others = told.frames.filter((frame) => !frame.project);
  if (own.length) shown.push(make("h2", "", leading ? "Called from" : "Reached from"), list(own));
  if (others.length) {
    const count = others.length === 1 ? "1 frame" : `${others.length} frames`;
    shown.push(make("details", "libraries", make("summary", "", `${count} in libraries`), list(others)));
  }
  return shown;
}

function list(frames: Frame[]): HTMLElement {
  const items = frames.map((frame) => {
    const line = [make("span", "", placeOf(frame)), " ", make("span", "function", frame.function)];
    const code = codeOf(frame);
    const item = code.length ? make("details", "", make("summary", "", ...line), ...code) : make("div", "frame", ...line);
    return make("li", "", item);
  });
  return make("ol", "", ...items);
}

function placeOf({ file, line, column }: Place): string {
  return [file, line, column].filter((part) => part !== null).join(":");
}

function codeOf(place: Place): HTMLElement[] {
  if (!place.code.length) return [];
  const lines = make("code", "lines");
  for (const [number, text] of place.code) {
    const here = number === place.line;
    lines.append(make("span", here ? "line here" : "line", make("span", "number", String(number)), text, "\n"));
    if (here && place.column !== null) lines.append(caret(text, place.column - 1, (place.end_column ?? place.column + 1) - 1));
  }
  const block = make("pre", "code", lines);
  block.tabIndex = 0; // scrolls with the keyboard
  return [block];
}

/** Carets under a range. What is before them is there, but not to be seen: they stand right whatever a character's width. */
function caret(text: string, start: number, end: number): HTMLElement {
  const before = make("span", "before", text.slice(0, start));
  const line = make("span", "line here", make("span", "number"), before, make("span", "caret", "^".repeat(Math.max(1, end - start))), "\n");
  line.ariaHidden = "true";
  return line;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
