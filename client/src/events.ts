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

/** Events that travel as one message. */
export class EventGroup {
  readonly events: MadeEvent[] = [];
  #texts: string[] = [];
  #room = 0;

  /** `limit`: bytes of a message. */
  constructor(readonly limit: number) {
    this.clear();
  }

  clear(): void {
    this.events.length = this.#texts.length = 0;
    this.#room = this.limit - 256; // less what stands around the events
  }

  /** Whether there is room for `event`, which then is in the group. */
  takes(event: MadeEvent): boolean {
    const { listener, payload } = event;
    const text = JSON.stringify(payload ? [listener, payload] : [listener]);
    this.#room -= 3 * text.length + 1; // a character is at most three bytes
    if (this.#room < 0) return false;
    this.events.push(event);
    this.#texts.push(text);
    return true;
  }

  /** The message as JSON. */
  message(epoch: string, applied: number): string {
    return `["events",${JSON.stringify(epoch)},${this.events[0]!.number},${applied},[${this.#texts}]]`;
  }
}
