import "./dom.ts"; // first
import assert from "node:assert/strict";
import { test } from "node:test";
import { refusesProperty, refusesTag, refusesURL } from "../src/safety.ts";
import { type Pair, type Safety, type Write, golden } from "./golden.ts";
import { ORIGIN, refused } from "./verdict.ts";

const safety = golden<Safety>("safety.json");

function holds<T>(name: string, cases: Pair<T>, refuses: (value: T) => boolean): void {
  test(name, () => {
    for (const value of cases.refused) assert.equal(refuses(value), true, `${JSON.stringify(value)} is refused`);
    for (const value of cases.allowed) assert.equal(refuses(value), false, `${JSON.stringify(value)} is allowed`);
  });
}

const attribute = (name: string, value: string): Write => ["div", "attribute", name, value];

holds("names of properties", safety.properties, refusesProperty);
holds("names of attributes", safety.attributes, (name) => refused(attribute(name, "")));
holds("tags", safety.tags, refusesTag);
holds("addresses", safety.urls, refusesURL);
holds("addresses in attributes", safety.addresses, ([name, value]) => refused(attribute(name, value)));

const { writes } = safety;
test("the origin of the cases is the document's", () => assert.equal(location.origin, ORIGIN));
holds("what is written", { refused: [...writes.refused, ...writes.refused_in_the_browser], allowed: [...writes.own, ...writes.allowed] }, refused);

test("what is read of a style or a srcset takes time in proportion to its length", () => {
  const parts = ["(", "[", "'", '"', "\\", "/*", "url(", "url( ", "a(", ",", " ,", "\\72 ", "--", "@import ", "<!--", "\n", "1", "\u00e9", "a,", " "];
  for (const part of parts) {
    const text = part.repeat(20_000);
    for (const value of [`(${text}`, `'${text}`, `url(${text}`, text + "('"]) {
      refused(["div", "style", "color", value]);
      refused(["img", "attribute", "srcset", value]);
    }
  }
});
