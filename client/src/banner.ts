import { document } from "./native.ts";
import { text } from "./texts.ts";

const STYLE = `:host{all:initial;position:fixed;z-index:2147483647;bottom:max(8px,env(safe-area-inset-bottom));left:8px;right:8px;
display:flex;justify-content:center;pointer-events:none;color-scheme:light dark}
[role]{font:14px/1.4 system-ui,sans-serif;padding:6px 14px;border-radius:16px;max-width:40em;background:#222;color:#fff;
border:1px solid transparent;box-shadow:0 1px 6px #0006;animation:in .2s}
[role]:empty{display:none}
button{font:inherit;margin-left:10px;color:inherit;background:none;border:1px solid;border-radius:10px;cursor:pointer;pointer-events:auto}
@keyframes in{from{opacity:0}}
@media(prefers-color-scheme:dark){[role]{background:#eee;color:#111}}
@media print{:host{display:none}}
@media(prefers-reduced-motion:reduce){[role]{animation:none}}`;

const KNOWN = 100; // until a live region is known to screen readers

/** One line at the bottom of the page, beside the body: a morph does not touch it, and styles of the page do not reach it. */
export class Banner {
  #status: HTMLElement | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Screen readers announce what changes inside a live region: it has to be there before. */
  prepare(): HTMLElement {
    if (this.#status) return this.#status;
    const host = document.createElement("pycommunicate-banner");
    const shadow = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    shadow.adoptedStyleSheets = [sheet];
    const status = document.createElement("div");
    status.setAttribute("role", "status");
    status.setAttribute("aria-live", "polite");
    shadow.append(status);
    document.documentElement.append(host);
    return (this.#status = status);
  }

  show(sentence: string, reload = false): void {
    clearTimeout(this.#timer);
    if (this.#status) return this.#fill(this.#status, sentence, reload);
    const status = this.prepare();
    this.#timer = setTimeout(() => this.#fill(status, sentence, reload), KNOWN);
  }

  #fill(status: HTMLElement, sentence: string, reload: boolean): void {
    status.textContent = sentence;
    if (!reload) return;
    const button = document.createElement("button");
    button.textContent = text("reload");
    button.onclick = () => location.reload();
    status.append(button);
  }

  hide(): void {
    clearTimeout(this.#timer);
    this.#status?.replaceChildren();
  }
}
