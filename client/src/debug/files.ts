import { renewImage } from "./images.ts";
import { renewFont, renewStylesheet } from "./stylesheets.ts";

const STYLESHEET = /\.css$/i;
const IMAGE = /\.(png|jpe?g|gif|webp|avif|svg|ico|bmp|apng)$/i;
const FONT = /\.(woff2?|ttf|otf|eot)$/i;
const CODE = /\.(m?js|json|wasm)$/i;

/** Takes in files that have changed. */
export class Files {
  #reload: () => void;
  #images = new Map<string, URL>();

  constructor(reload: () => void) {
    this.#reload = reload;
  }

  async changed(paths: string[]): Promise<void> {
    const files = paths.map((path) => new URL(path, location.href));
    const code = files.filter(({ pathname }) => CODE.test(pathname) && isUsed(pathname));
    if (code.length) {
      await Promise.all(code.map(({ pathname }) => refetch(pathname)));
      return this.#reload();
    }
    for (const file of files) {
      const { pathname } = file;
      if (STYLESHEET.test(pathname)) void renewStylesheet(file);
      else if (FONT.test(pathname)) void refetch(pathname).then(() => renewFont(file));
      else if (IMAGE.test(pathname)) {
        this.#images.set(pathname, file);
        void refetch(pathname);
        void loaded(file).then(() => renewImage(file));
      }
    }
  }

  /** New HTML names the files as ever; what the browser remembers of those may be old. */
  remounted(): void {
    this.#images.forEach((file) => renewImage(file));
  }
}

/** What a URL without a version answers with from now on. */
export async function refetch(path: string): Promise<void> {
  await fetch(location.origin + path, { cache: "reload" }).catch(() => undefined);
}

/** Waits for an image, so that it is there when it is shown. */
async function loaded(file: URL): Promise<void> {
  const image = new Image();
  image.src = file.href;
  await image.decode().catch(() => undefined);
}

/** Whether this page has loaded the file: by an element, an import, or itself. */
function isUsed(path: string): boolean {
  const entries = performance.getEntriesByType("resource");
  const named = [...entries.map(({ name }) => name), ...Array.from(document.scripts, ({ src }) => src)];
  return entries.length >= 250 || named.some((url) => url !== "" && new URL(url, location.href).pathname === path);
}
