import assert from "node:assert/strict";
import { test } from "node:test";
import { URL_ATTRIBUTES, refusesAddress, refusesAttribute, refusesProperty, refusesTag, refusesURL } from "../src/safety.ts";
import { type Pair, type Safety, golden } from "./golden.ts";

const safety = golden<Safety>("safety.json");

function holds<T>(name: string, { refused, allowed }: Pair<T>, refuses: (value: T) => boolean): void {
  test(name, () => {
    for (const value of refused) assert.equal(refuses(value), true, `${JSON.stringify(value)} is refused`);
    for (const value of allowed) assert.equal(refuses(value), false, `${JSON.stringify(value)} is allowed`);
  });
}

holds("names of properties", safety.properties, refusesProperty);
holds("names of attributes", safety.attributes, refusesAttribute);
holds("tags", safety.tags, refusesTag);
holds("addresses", safety.urls, refusesURL);
holds("addresses in attributes", safety.addresses, ([name, value]) => refusesAddress(name, value));

test("the attributes that hold addresses", () => {
  assert.deepEqual([...URL_ATTRIBUTES].sort(), [...safety.url_attributes].sort());
});

test("a list with one string in it is an address too", () => {
  assert.equal(refusesAddress("href", ["javascript:alert(1)"]), true);
});
