// Bundles src/main.ts into one classic script.  node build.mjs [--outfile path]
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({ options: { outfile: { type: "string" } } });
const outfile = values.outfile ? resolve(values.outfile) : resolve(here, "../pycommunicate/static/client.js");

mkdirSync(dirname(outfile), { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: ["src/main.ts"],
  outfile,
  bundle: true,
  format: "iife",
  target: "es2022",
  minify: true,
  charset: "utf8",
  legalComments: "none",
  banner: { js: "/*! pycommunicate (MIT), with idiomorph (0BSD) */" },
});

// The licence of what is inside asks to be handed on with it.
const licence = readFileSync(resolve(here, "node_modules/idiomorph/LICENSE"), "utf8").trim();
writeFileSync(`${outfile}.LICENSES.txt`, `idiomorph

${licence}
`);
