import type { Link, LinkEvents, OpenLink } from "./link.ts";
import { CONNECT_ERROR, DISCONNECT, EVENT, decode, encodeConnect, encodeEvent } from "./socketio.ts";

const ATTEMPT = 5_000;
const SILENCE = 2_500;
const MINUTE = 60_000;

export interface ConnectionDelegate {
  /** What the first packet of a connection carries. */
  auth(): object;
  received(message: unknown[], size: number): void;
  lost(silent: boolean): void;
}

/** Keeps one link to the server open, for as long as the page lives. */
export class Connection {
  #open: OpenLink;
  #delegate: ConnectionDelegate;
  #link: Link | null = null;
  #generation = 0; // what comes from an older link is ignored
  #joined = false;
  #ended = false;
  #attempts = 0;
  #lostAt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined; // the limit of an attempt, or the pause before the next
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(open: OpenLink, delegate: ConnectionDelegate) {
    this.#open = open;
    this.#delegate = delegate;
  }

  get joined(): boolean {
    return this.#joined;
  }

  /** Begins a new attempt now, whatever is under way. */
  connect(): void {
    if (this.#ended) return;
    this.#drop();
    this.#lostAt ||= Date.now();
    this.#attempts++;
    this.#giveTime();
    const link = this.#open(this.#eventsOf(this.#generation));
    this.#link = link;
  }

  /** The server has taken us in. */
  settled(): void {
    clearTimeout(this.#retry);
    this.#joined = true;
    this.#attempts = 0;
    this.#lostAt = 0;
  }

  send(message: string): void {
    this.#link?.send(message);
  }

  /** Something was sent that the server answers; where nothing comes, the link is dead. */
  expect(): void {
    this.#silence ??= setTimeout(() => this.#lose(true), SILENCE);
  }

  farewell(message: readonly unknown[]): void {
    if (this.#joined) this.#link?.farewell(encodeEvent(message));
    this.#drop();
  }

  /** The network is back, or the person: what hangs is given up, and tried anew. */
  wake(): void {
    if (this.#joined) this.replace();
    this.connect();
  }

  /** Closes the link and waits for connect(). */
  suspend(): void {
    this.#drop();
  }

  end(): void {
    this.#ended = true;
    this.#drop();
  }

  /** Gives the link up and opens another. */
  replace(): void {
    this.#lose(false);
  }

  #eventsOf(generation: number): LinkEvents {
    const current = (): boolean => generation === this.#generation;
    return {
      first: () => encodeConnect(this.#delegate.auth()),
      heard: () => current() && this.#heard(),
      received: (text) => current() && this.#receive(text),
      closed: () => current() && this.#lose(false),
    };
  }

  #heard(): void {
    clearTimeout(this.#silence);
    this.#silence = undefined;
    if (this.#link && !this.#joined) this.#giveTime(); // slow, but it goes on
  }

  /** Limits the attempt: longer each time, for a server that has a thousand pages to take in. */
  #giveTime(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.connect(), Math.min(ATTEMPT * this.#attempts, 4 * ATTEMPT));
  }

  #receive(text: string): void {
    const packet = decode(text);
    if (!packet) return;
    if (packet.type === EVENT) this.#delegate.received(packet.data as unknown[], text.length);
    else if (packet.type === DISCONNECT || packet.type === CONNECT_ERROR) this.#lose(false);
  }

  #lose(silent: boolean): void {
    const now = Date.now();
    this.#lostAt ||= now;
    const was = this.#joined;
    this.#drop();
    this.#retry = setTimeout(() => this.connect(), pause(this.#attempts, now - this.#lostAt));
    if (was) this.#delegate.lost(silent);
  }

  #drop(): void {
    this.#generation++;
    this.#joined = false;
    this.#heard();
    clearTimeout(this.#retry);
    this.#link?.close();
    this.#link = null;
  }
}

/** Milliseconds to the next attempt. Spread, so that a restarted server is not met by all pages at once. */
function pause(attempts: number, lostFor: number): number {
  const late = lostFor > 5 * MINUTE ? 5_000 : 2_000;
  return (lostFor < MINUTE ? Math.min(100 + 100 * attempts, 300) : late) * (0.75 + Math.random() / 2);
}
