import { OperationError } from "./errors.ts";

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

const DEPTH = 32;
const MOST = 20_000; // values in one answer: it would not fit a message anyway, and cycles have to end

interface Convertible {
  toJSON?: unknown;
}

/** The JSON form of what the browser holds, to stand `depth` levels deep in a message. What has none is null. */
export function toJson(value: unknown, depth = 1): Json {
  let left = MOST;

  function convert(value: unknown, depth: number): Json {
    if (--left < 0) throw new OperationError("too_large");
    if (typeof value === "string" || typeof value === "boolean") return value;
    if (typeof value === "number") return Number.isFinite(value) ? value : null;
    if (typeof value !== "object" || value === null || depth > DEPTH) return null;
    if (typeof (value as Convertible).toJSON === "function") return convert((value as Date).toJSON(), depth + 1);
    if (Array.isArray(value)) return value.map((item) => convert(item, depth + 1));
    const kind = Object.prototype.toString.call(value).slice(8, -1);
    if (kind === "DOMTokenList") return [...(value as DOMTokenList)];
    if (kind === "FileList") return Array.from(value as FileList, ({ name, size, type }) => ({ name, size, type }));
    if (kind !== "Object" && kind !== "DOMStringMap") return null; // nodes, lists of nodes, what else the browser has
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, convert(item, depth + 1)]));
  }

  return convert(value, depth);
}
