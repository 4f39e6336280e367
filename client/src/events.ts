import type { Payload } from "./payload.ts";

export interface MadeEvent {
  number: number;
  listener: number;
  payload: Payload | null;
}

const MOST = 10_000;

/** Events that were made and that the server has not yet acknowledged, in order. */
export class EventQueue {
  #queue: MadeEvent[] = [];
  #sent = 0;
  #allowed = 0;
  made = 0;

  /** False where there is no more room: the event is dropped. */
  push(listener: number, payload: Payload | null): boolean {
    if (this.#queue.length >= MOST) return false;
    this.#queue.push({ number: ++this.made, listener, payload });
    return true;
  }

  /** The server has everything up to `received` and takes what is numbered up to `allowed`. */
  credit(received: number, allowed: number): void {
    const first = this.#queue[0]?.number;
    if (first !== undefined && received >= first) this.#queue.splice(0, received - first + 1);
    this.#sent = Math.max(this.#sent, received);
    this.#allowed = allowed;
  }

  /** After a broken connection: what the server has not received goes out again. */
  rewind(received: number, allowed: number): void {
    this.#sent = received;
    this.credit(received, allowed);
  }

  /** The next event that may go out now. */
  next(): MadeEvent | undefined {
    if (this.#sent >= this.made || this.#sent >= this.#allowed) return undefined;
    this.#sent++;
    return this.#queue[this.#sent - this.#queue[0]!.number];
  }

  get waiting(): number {
    return this.#queue.length;
  }

  clear(): void {
    this.#queue = [];
    this.#sent = this.#allowed = this.made = 0;
  }
}
