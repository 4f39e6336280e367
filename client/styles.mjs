// Style sheets as texts, for shadow roots: `import style from "./some.css"`.
import { readFile } from "node:fs/promises";
import { transform } from "esbuild";

export const styles = {
  name: "styles",
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true });
      return { contents: code.trim(), loader: "text", watchFiles: [path] };
    });
  },
};
