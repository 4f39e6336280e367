// Bundles the client into classic scripts: src/main.ts, and src/debug.ts for hot reload.  node build.mjs [--outdir path]
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { styles } from "./styles.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({ options: { outdir: { type: "string" } } });
const outdir = values.outdir ? resolve(values.outdir) : resolve(here, "../pycommunicate/static");
const bundles = { client: "src/main.ts", "client-debug": "src/debug.ts" };

await build({
  absWorkingDir: here,
  entryPoints: bundles,
  outdir,
  bundle: true,
  format: "iife",
  target: "es2022",
  minify: true,
  charset: "utf8",
  plugins: [styles],
  legalComments: "none",
  banner: { js: "/*! pycommunicate (MIT), with idiomorph (0BSD) */" },
});

// The licence of what is inside asks to be handed on with it.
const licence = readFileSync(resolve(here, "node_modules/idiomorph/LICENSE"), "utf8").trim();
for (const name of Object.keys(bundles)) {
  writeFileSync(resolve(outdir, `${name}.js.LICENSES.txt`), `idiomorph

${licence}
`);
}
