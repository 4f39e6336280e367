import faultStyle from "../../../pycommunicate/reload/fault.css";
import overlayStyle from "./overlay.css";
import { copy } from "./copy.ts";
import { type Fault, make, render } from "./fault.ts";

const COPIED = 2_000;

/**
 * What hot reload shows, over the page and apart from it: one element beside the body, with a shadow root. A morph does not touch
 * it, styles of the page do not reach it.
 */
export class Overlay {
  #root: ShadowRoot | null = null;
  #dialog: HTMLDialogElement | null = null;
  #bar: HTMLElement | null = null;

  fault(fault: Fault): void {
    const before = this.#dialog;
    const dialog = this.#compose(fault);
    if (before) {
      before.replaceChildren(...dialog.childNodes);
      before.scrollTop = 0;
    } else {
      this.#dialog = dialog;
      dialog.addEventListener("close", () => this.#closed(dialog));
      this.#place().append(dialog);
      dialog.showModal();
    }
    this.#dialog!.focus({ preventScroll: true }); // no button: who types on would press it
    this.#dialog!.querySelectorAll<HTMLElement>(".caret").forEach(bringIn);
  }

  /** Whether it shows something. */
  get shows(): boolean {
    return this.#dialog !== null;
  }

  fixed(): void {
    this.#dialog?.close();
  }

  restarting(): void {
    if (this.#bar) return;
    this.#bar = make("div", "bar");
    this.#bar.role = "progressbar";
    this.#bar.ariaLabel = "The server restarts";
    this.#place().append(this.#bar);
  }

  restarted(): void {
    this.#bar?.remove();
    this.#bar = null;
    this.#tidy();
  }

  #compose(fault: Fault): HTMLDialogElement {
    const title = make("h1", "", fault.title);
    const body = make("div", "", ...render(fault));
    const note = make("p", "note", fault.note ?? "Below is the last version that worked. This goes by itself when the error is mended; ", make("kbd", "", "Esc"), " closes it.");
    const dialog = make("dialog", "fault", this.#actions(fault), title, body, note);
    dialog.role = "alertdialog";
    dialog.lang = "en";
    dialog.dir = "ltr";
    dialog.tabIndex = -1;
    title.id = "title";
    body.querySelector(".said")!.id = "said";
    dialog.setAttribute("aria-labelledby", "title");
    dialog.setAttribute("aria-describedby", "said");
    return dialog;
  }

  #actions(fault: Fault): HTMLElement {
    const button = make("button", "", "Copy");
    button.type = "button";
    button.ariaLive = "polite";
    button.onclick = async () => {
      button.textContent = (await copy(fault.text, button.parentElement!)) ? "Copied" : "Can't copy";
      setTimeout(() => (button.textContent = "Copy"), COPIED);
    };
    const close = make("button", "", "Close");
    close.type = "button";
    close.onclick = () => this.#dialog?.close();
    return make("div", "actions", button, close);
  }

  #closed(dialog: HTMLDialogElement): void {
    dialog.remove();
    this.#dialog = null;
    this.#tidy();
  }

  #place(): ShadowRoot {
    if (this.#root?.host.isConnected) return this.#root;
    const host = document.createElement("pycommunicate-debug");
    const root = host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [faultStyle, overlayStyle].map((style) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(style);
      return sheet;
    });
    // Shortcuts of the page are not meant for who reads here.
    for (const type of ["keydown", "keypress", "keyup"]) host.addEventListener(type, (event) => event.stopPropagation());
    document.documentElement.append(host);
    return (this.#root = root);
  }

  #tidy(): void {
    if (!this.#dialog && !this.#bar) this.#root?.host.remove();
  }
}

/** Scrolls a block of code sideways, where the carets would not be seen. */
function bringIn(caret: HTMLElement): void {
  const block = caret.closest<HTMLElement>(".code")!;
  const { left } = caret.getBoundingClientRect();
  const { right, width } = block.getBoundingClientRect();
  if (left > right - width / 4) block.scrollLeft = left - right + width / 2;
}
