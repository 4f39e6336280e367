// Prints what the bundle weighs and fails where it is too heavy.  node size.mjs [file]
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT = 20480;
const file = process.argv[2] ?? new URL("../pycommunicate/static/client.js", import.meta.url);
const bundle = readFileSync(file);
const zipped = gzipSync(bundle, { level: 9 }).length;
console.log(`client.js: ${bundle.length} bytes, ${zipped} gzipped (limit ${LIMIT})`);
process.exitCode = zipped > LIMIT ? 1 : 0;
