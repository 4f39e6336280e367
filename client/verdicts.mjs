// Answers lines of JSON, each a list of writes as in tests/wire/safety.json, with a list of whether the client refuses them.  node verdicts.mjs
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { styles } from "./styles.mjs";

const absWorkingDir = dirname(fileURLToPath(import.meta.url));
const { outputFiles } = await build({ absWorkingDir, entryPoints: ["tests/verdict.ts"], bundle: true, write: false, format: "esm", platform: "node", plugins: [styles] });
const { ORIGIN, refused } = await import("data:text/javascript;base64," + Buffer.from(outputFiles[0].contents).toString("base64"));
globalThis.location = { origin: ORIGIN, href: ORIGIN + "/page", assign: () => {} };

for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(JSON.parse(line).map(refused)));
