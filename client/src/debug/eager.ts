import type { Connection } from "../connection.ts";
import type { OpenLink } from "../link.ts";

const PAUSE = 30;
const FOR = 3_000;

/** Joins again without a pause where the server has said that it restarts. */
export class Eager {
  connection!: Connection;
  #announced = false;
  #until = 0;
  #links = 0;

  /** Links whose end is answered with the next one, as long as that makes sense. */
  around(open: OpenLink): OpenLink {
    return (events) => {
      this.#links++;
      return open({
        ...events,
        closed: () => {
          const links = this.#links;
          events.closed();
          this.#again(links);
        },
      });
    };
  }

  /** The server restarts soon. */
  announce(): void {
    this.#announced = true;
  }

  /** A page that was joined has lost its connection. */
  lost(): void {
    if (!this.#announced) return;
    this.#announced = false;
    if (document.hidden) return; // those that people look at go first
    this.#until = Date.now() + FOR;
    this.connection.connect();
  }

  joined(): void {
    this.#until = 0;
  }

  /** Tries anew, unless somebody did meanwhile. */
  #again(links: number): void {
    setTimeout(() => {
      if (Date.now() < this.#until && links === this.#links) this.connection.connect();
    }, PAUSE);
  }
}
