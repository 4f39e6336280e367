/** Tells the server that a stale page is on the screen: at once, or when it is. */
export class Visible {
  #tell: () => boolean;
  #wanted = false;

  /** `tell`: false where there is no connection. */
  constructor(tell: () => boolean) {
    this.#tell = tell;
    document.addEventListener("visibilitychange", () => this.settle());
  }

  stale(): void {
    this.#wanted = true;
    this.settle();
  }

  settle(): void {
    if (this.#wanted && !document.hidden && this.#tell()) this.#wanted = false;
  }

  /** The page has been mounted anew. */
  forget(): void {
    this.#wanted = false;
  }
}
