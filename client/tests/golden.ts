// The golden files that the server's tests read too.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Operation } from "../src/operations/apply.ts";

export interface Case {
  title: string;
  before: string;
  handles: Record<string, string>;
  operations: Operation[];
  after?: string;
  answers?: [tag: number, status: number, value: unknown][];
  failed?: [number: number, code: string][];
}

export interface Golden {
  version: number;
  operations: { code: number; name: string; arguments: string[]; cases: Case[] }[];
}

export interface Pair<T> {
  refused: T[];
  allowed: T[];
}

/** What is written: the element, in which way, under which name, what. */
export type Write = [element: string, via: string, name: string, value: unknown];

export interface Safety {
  properties: Pair<string>;
  attributes: Pair<string>;
  tags: Pair<string>;
  urls: Pair<string>;
  addresses: Pair<[name: string, value: string]>;
  writes: Record<"refused" | "refused_in_the_browser" | "own" | "allowed", Write[]>;
}

export function golden<T>(name: string): T {
  return JSON.parse(readFileSync(resolve("../tests/wire", name), "utf8")) as T;
}
