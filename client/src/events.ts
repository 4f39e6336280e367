import type { Payload } from "./payload.ts";

export interface MadeEvent {
  number: number;
  listener: number;
  payload: Payload | null;
  /** What the server will ask, answered when the event was made, after operation `applied`. */
  foreseen?: readonly [applied: number, answers: unknown[]] | undefined;
}

const MOST = 10_000;
export const FORESEEN = 16_384; // an event with more answers than that is sent without

/** Events that were made and that the server has not yet acknowledged, in order. */
export class EventQueue {
  #queue: MadeEvent[] = [];
  #held = new Map<number, MadeEvent[]>(); // by listener; they have no number yet
  #sent = 0;
  #allowed = 0;
  made = 0;

  /** Undefined where there is no more room: the event is dropped. */
  push(listener: number, payload: Payload | null, foreseen?: MadeEvent["foreseen"]): MadeEvent | undefined {
    if (this.waiting >= MOST) return undefined;
    const event = { number: 0, listener, payload, foreseen };
    this.#add(event);
    return event;
  }

  #add(event: MadeEvent): void {
    const held = this.#held.get(event.listener);
    if (!held) event.number = ++this.made;
    (held ?? this.#queue).push(event);
  }

  /** The server has enough events of a listener for now: what has not gone out stays here, and the others' events go on. */
  hold(listener: number, held: boolean): void {
    let events = this.#held.get(listener) ?? [];
    this.#held.delete(listener);
    if (held) {
      this.#held.set(listener, events);
      events = this.#queue.splice(this.#sent + 1 - (this.#queue[0]?.number ?? 0));
      this.made -= events.length;
    }
    for (const event of events) this.#add(event);
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
    let count = this.#queue.length;
    for (const held of this.#held.values()) count += held.length;
    return count;
  }

  clear(): void {
    this.#queue = [];
    this.#held.clear();
    this.#sent = this.#allowed = this.made = 0;
  }
}

/** Events that travel as one message. */
export class EventGroup {
  readonly events: MadeEvent[] = [];
  #texts: string[] = [];
  #room = 0;

  /** `limit`: bytes of a message; `applied`: what was applied when it is sent. */
  constructor(readonly limit: number, readonly applied: number) {
    this.clear();
  }

  clear(): void {
    this.events.length = this.#texts.length = 0;
    this.#room = this.limit - 256; // less what stands around the events
  }

  /** Whether there is room for `event`, which then is in the group. */
  takes(event: MadeEvent): boolean {
    const { listener, payload, foreseen } = event;
    const answers = foreseen?.[0] === this.applied ? JSON.stringify(foreseen[1]) : "";
    let text = JSON.stringify(payload ? [listener, payload] : [listener]);
    // What was answered before something else was applied is left out, or is too much: the server asks.
    if (answers && answers.length < FORESEEN) text = `${JSON.stringify([listener, payload]).slice(0, -1)},${answers}]`;
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
