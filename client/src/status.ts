import { Banner } from "./banner.ts";
import { document } from "./native.ts";
import { text } from "./texts.ts";

export type State = "connecting" | "connected" | "lost" | "refused";

const UNNOTICED = 800; // a loss that is over by then is not worth a word
const FIRST = 2_500;
const NOTICE = 10_000;
const BACK = 3_000;

/** What the person is told of the connection. The application may tell it itself: see the event below. */
export class Status {
  state: State = "connecting";
  #banner = new Banner();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;
  #lossShown = false;

  start(): void {
    this.#timer = setTimeout(() => this.#tellLoss(), FIRST);
  }

  lost(silent: boolean): void {
    this.#banner.prepare();
    clearTimeout(this.#timer);
    if (silent) this.#tellLoss();
    else this.#timer = setTimeout(() => this.#tellLoss(), UNNOTICED);
  }

  connected(): void {
    const told = this.state !== "connected";
    clearTimeout(this.#timer);
    this.state = "connected";
    if (!told) return;
    const shown = this.#lossShown;
    this.#lossShown = false;
    if (announce("connected") && shown) this.#notice(text("back"), BACK);
    else this.#banner.hide();
  }

  remounted(lost: boolean): void {
    if (announce("remounted") && lost) this.#notice(text("renewed"));
  }

  full(): void {
    this.#notice(text("full"));
  }

  /** A handler raised. */
  failed(): void {
    const untold = document.dispatchEvent(new CustomEvent("pycommunicate:error", { cancelable: true }));
    if (untold && this.state !== "refused") this.#notice(text("failed"));
  }

  refused(code: string, reload: boolean): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#noticeTimer);
    this.state = "refused";
    if (announce("refused")) this.#banner.show(text(code === "cookies" ? code : "ended"), reload);
  }

  #tellLoss(): void {
    if (this.state === "lost") return;
    this.state = "lost";
    this.#lossShown = announce("lost");
    if (this.#lossShown) this.#banner.show(text("lost"));
  }

  #notice(sentence: string, time = NOTICE): void {
    this.#banner.show(sentence);
    clearTimeout(this.#noticeTimer);
    this.#noticeTimer = setTimeout(() => (this.#lossShown ? this.#banner.show(text("lost")) : this.#banner.hide()), time);
  }
}

/** False where the application took care of it, by preventDefault(). */
function announce(state: State | "remounted"): boolean {
  return document.dispatchEvent(new CustomEvent("pycommunicate:connection", { detail: { state }, cancelable: true }));
}
