// Bundles src/main.ts into one classic script.  node build.mjs [--outfile path]
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({ options: { outfile: { type: "string" } } });
const outfile = values.outfile ? resolve(values.outfile) : resolve(here, "../pycommunicate/static/client.js");

// Engine.IO's parts that this client has no use for: a third transport, addresses as text, binary packets.
const unused = {
  name: "unused",
  setup({ onLoad }) {
    onLoad({ filter: /engine\.io-client.*[\\/](webtransport|parseuri)\.js$/ }, () => ({
      contents: "export const WT = undefined, parse = undefined;",
    }));
    onLoad({ filter: /engine\.io-parser.*[\\/]base64-arraybuffer\.js$/ }, () => ({
      contents: "export const encode = undefined, decode = undefined;",
    }));
  },
};

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
  plugins: [unused],
  mangleProps: /^_[a-z]/i, // private members of Engine.IO; our own are #private
  legalComments: "none",
  banner: { js: "/*! pycommunicate (MIT), with engine.io-client (MIT) and idiomorph (0BSD) */" },
});

// The licences of what is inside ask to be handed on with it.
const bundled = ["engine.io-client", "engine.io-parser", "@socket.io/component-emitter", "idiomorph"];
const licences = bundled.map((name) => `${name}\n\n${readFileSync(resolve(here, "node_modules", name, "LICENSE"), "utf8").trim()}\n`);
writeFileSync(`${outfile}.LICENSES.txt`, licences.join("\n----\n\n"));
