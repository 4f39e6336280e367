import type { Handles } from "./handles.ts";
import { own } from "./native.ts";
import type { Json } from "./values.ts";
import { toJson } from "./values.ts";
import { formData } from "./forms.ts";

export type Payload = { [name: string]: Json };

// What the server takes at most; more is none of what an honest page has, and left out.
const LONGEST_NAME = 256;
const MOST_DATA = 256;
const LARGEST = Number.MAX_SAFE_INTEGER;

const MODIFIERS = ["alt", "ctrl", "meta", "shift"] as const;

/** What the server is told of an event. What does not apply is left out. */
export function payloadOf(event: Event, matched: Element, handles: Handles): Payload {
  const payload: Payload = { type: event.type, target: handles.of(matched) };
  addField(payload, event, matched);
  const id = own(matched).getAttribute("id");
  if (id) payload["id"] = id;
  const data = { ...(own(matched) as HTMLElement).dataset } as Payload;
  const names = Object.keys(data);
  if (names.length && names.length <= MOST_DATA && names.every(isName)) payload["data"] = data;
  addInput(payload, event);
  const { detail } = event as CustomEvent<unknown>;
  if (detail !== undefined && detail !== null && !(event instanceof UIEvent && detail === 0)) payload["detail"] = toJson(detail, 2);
  return payload;
}

function isName(text: unknown): text is string {
  return typeof text === "string" && text.length <= LONGEST_NAME;
}

function addField(payload: Payload, event: Event, matched: Element): void {
  if (event.type === "submit") {
    payload["value"] = formData(event.target as Element, (event as SubmitEvent).submitter);
    return;
  }
  const { value, checked, type } = own(matched) as HTMLInputElement;
  if (matched instanceof HTMLSelectElement && matched.multiple) {
    payload["value"] = Array.from(matched.selectedOptions, (option) => option.value);
  } else if (typeof value === "string" || typeof value === "number") payload["value"] = value;
  if (type === "checkbox" || type === "radio") payload["checked"] = checked;
}

function addInput(payload: Payload, event: Event): void {
  const { key, code, clientX, clientY } = event as KeyboardEvent & MouseEvent;
  if (isName(key)) payload["key"] = key;
  if (isName(code)) payload["code"] = code;
  if (Math.abs(clientX) <= LARGEST && Math.abs(clientY) <= LARGEST) {
    payload["x"] = Math.round(clientX);
    payload["y"] = Math.round(clientY);
  }
  const held = event as unknown as Record<string, unknown>;
  if (typeof held["altKey"] === "boolean") payload["modifiers"] = MODIFIERS.filter((name) => held[name + "Key"]);
}
