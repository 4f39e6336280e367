// Prints what the bundles weigh and fails where one is too heavy.  node size.mjs
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

// What has come since 20 KiB, and why it is in the first script: docs/design.md, "What the first script weighs".
const LIMITS = { "client.js": 22_016, "client-debug.js": 28_160 };
for (const [name, limit] of Object.entries(LIMITS)) {
  const bundle = readFileSync(new URL(`../pycommunicate/static/${name}`, import.meta.url));
  const zipped = gzipSync(bundle, { level: 9 }).length;
  console.log(`${name}: ${bundle.length} bytes, ${zipped} gzipped (limit ${limit})`);
  if (zipped > limit) process.exitCode = 1;
}
