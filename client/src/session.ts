import type { Connection, ConnectionDelegate } from "./connection.ts";
import { type ErrorCode, codeOf } from "./errors.ts";
import { EventGroup, type EventQueue, FORESEEN, type MadeEvent } from "./events.ts";
import type { ListenerOptions } from "./listeners.ts";
import { VERSION, type Remount, type ServerMessage, type Terms } from "./messages.ts";
import { ERROR, apply, type Operation, type Outcome } from "./operations/apply.ts";
import { foresee } from "./operations/foresee.ts";
import { type Repeat, operationAt, unfold } from "./operations/repeats.ts";
import { addRows } from "./operations/rows.ts";
import type { Foretold, Scope } from "./operations/scope.ts";
import { OPERATIONS } from "./operations/table.ts";
import type { PageData } from "./page.ts";
import { payloadOf, type Payload } from "./payload.ts";
import { mayParse } from "./trusted.ts";
import { encodeEvent, encodeText, fits } from "./socketio.ts";

const ACK_DELAY = 50;
const ACK_BYTES = 262_144; // a quarter of what the server lets a page be behind
const FAILURES = 100; // reported of one message; a hundred lines say what is wrong
const RELEASED = 1_000; // told again after a broken connection; and at most so many in one message

const LONGEST_QUERY = 2_000;

function address(): [path: string, query: string] {
  return [location.pathname, location.search.slice(1)];
}

export interface SessionDelegate {
  joined(): void;
  /** The document becomes `html`; `begin` ends the old epoch. */
  remount(remount: Remount, begin: () => void): void;
  /** `lost`: something that the person did was not acknowledged. */
  remounted(lost: boolean): void;
  lost(silent: boolean): void;
  refused(code: string, sentence: string): void;
  /** A handler raised: what the person did may not have been carried out. */
  failed(): void;
  /** The queue of events is full. */
  full(): void;
  /** What hot reload says; only its own build of the client listens. */
  debug?(what: string, data: unknown): void;
}

/** The page's side of the conversation: numbers, epochs, acknowledgements. */
export class Session implements ConnectionDelegate, Outcome {
  connection!: Connection;
  #page: PageData;
  #scope: Scope;
  #delegate: SessionDelegate;
  #events: EventQueue;
  #epoch: string | null = null;
  #resume: string | null = null;
  #mount: string;
  #limit = 65_536;
  #applied = 0;
  #acknowledged = 0;
  #unacknowledgedBytes = 0;
  #ackTimer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #pumping = false;
  #foreseen: MadeEvent[] = [];
  #toldReleased: number[] = [];
  #address = address(); // it was loaded from
  #hasMoved = false;

  constructor(page: PageData, scope: Scope, delegate: SessionDelegate) {
    this.#page = page;
    this.#mount = page.mount;
    this.#scope = scope;
    this.#events = scope.events;
    this.#delegate = delegate;
  }

  auth(): object {
    const resume = this.#resume;
    const { request, ask } = this.#page;
    const answers = resume === null && ask && this.#foresee(ask, [], null);
    return {
      version: VERSION,
      request: resume === null ? request : null,
      resume,
      mount: this.#mount,
      epoch: this.#epoch,
      applied: this.#applied,
      made: this.#events.made,
      ...this.#moved(),
      ...(answers && fits(JSON.stringify(answers), FORESEEN) && { answers }),
    };
  }

  /** The query of now, once a script or the person has changed it: a page that is remounted is asked for with it. */
  #moved(): { query?: string } {
    const [path, query] = address();
    const [first, last] = this.#address;
    if (path !== first || (query === last && !this.#hasMoved) || query.length > LONGEST_QUERY) return {};
    this.#hasMoved = true;
    return { query };
  }

  /** Applies what the page itself carries, before there is a connection. */
  begin(messages: ServerMessage[]): void {
    for (const message of messages) {
      this.#epoch = message[1] as string;
      this.received(message, 0);
    }
  }

  received(message: unknown[], size: number): void {
    const known = message as ServerMessage;
    switch (known[0]) {
      case "joined":
        return this.#join(known[1]);
      case "resumed":
        return this.#resumed(known[1]);
      case "remount":
        return this.#remount(known[1]);
      case "operations":
        return this.#operations(known, size);
      case "token":
        if (known[1] === this.#epoch) this.#mount = known[2];
        return;
      case "credit":
        return this.#credit(known[1], known[2], known[3]);
      case "notice":
        return this.#delegate.failed();
      case "refused":
        return this.#refused(known[1], known[2]);
      case "debug":
        this.#delegate.debug?.(known[1], known[2]);
    }
  }

  lost(silent: boolean): void {
    this.#delegate.lost(silent);
  }

  leave(): void {
    this.#pump();
    this.connection.farewell(["leave", this.#epoch]);
  }

  /** Sends a message that has nothing of its own to say. */
  tell(name: string): void {
    this.#send(encodeEvent([name, this.#epoch, this.#applied]));
  }

  /** A listener fired. */
  fire(listener: number, event: Event, matched: Element, options: ListenerOptions): void {
    const payload = options.event ? payloadOf(event, matched, this.#scope.handles) : null;
    const [habit, ...operands] = options.ask ?? [0];
    const foretold = this.#scope.foretold.get(habit);
    const foreseen = foretold && ([this.#applied, this.#foresee(foretold, operands, matched)] as const);
    const made = this.#events.push(listener, payload, foreseen);
    if (!made) return this.#delegate.full();
    if (foreseen) this.#foreseen.push(made);
    if (this.#pumping) return;
    this.#pumping = true; // what is made within one turn travels together
    queueMicrotask(() => {
      this.#pump();
      for (const made of this.#foreseen.splice(0)) delete made.foreseen; // what goes out later, or again, goes without: the server asks
    });
  }

  #foresee([version, asked]: Foretold, operands: unknown[], matched: Element | null): unknown[] {
    return [version, ...foresee(this.#scope, asked, operands, matched)];
  }

  answer(tag: number, status: number, value: unknown): void {
    this.#pump(); // events that were made before arrive before
    const message = encodeEvent(["answer", this.#epoch, this.#applied, tag, status, value]);
    if (!fits(message, this.#limit)) return this.answer(tag, ERROR, "too_large");
    this.#send(message);
  }

  failed(operation: Operation, code: ErrorCode, error: unknown): void {
    if (++this.#failures > FAILURES) return;
    const name = Object.keys(OPERATIONS).find((known) => OPERATIONS[known]![0] === operation[0]);
    console.warn(`pycommunicate: ${name ?? "operation"} failed: ${code}`, [...operation], error);
    this.#send(encodeEvent(["failed", this.#epoch, this.#applied, this.#applied, code]));
  }

  #join(terms: Terms): void {
    this.#begin(terms, this.#epoch === null);
    this.#settle();
  }

  /** `named`: the handles are those of the answers that went along with the join. */
  #begin(terms: Terms, named = false): void {
    if (terms.epoch !== this.#epoch) {
      this.#epoch = terms.epoch;
      this.#applied = this.#acknowledged = this.#unacknowledgedBytes = 0;
      this.#toldReleased = [];
      this.#scope.loaded = false;
      this.#scope.listeners.clear();
      if (!named) this.#scope.handles.clear();
      this.#scope.foretold.clear();
      this.#events.clear();
    }
    this.#adopt(terms);
  }

  #adopt(terms: Terms): void {
    this.#resume = terms.resume ?? this.#resume;
    this.#mount = terms.mount;
    this.#limit = terms.limits.message;
    this.#events.rewind(terms.received, terms.allowed);
  }

  #settle(): void {
    this.connection.settled();
    this.#delegate.joined();
    this.#pump();
  }

  #resumed(terms: Terms): void {
    if (terms.epoch !== this.#epoch) return this.#refused("reload", "");
    this.#adopt(terms);
    // Whether the last acknowledgements arrived is not known: the server ignores what it has heard before.
    this.#scope.listeners.released.unshift(...this.#toldReleased.splice(0));
    this.#acknowledged = 0;
    this.#scheduleAck(0);
    this.#settle();
  }

  #remount(remount: Remount): void {
    if (!mayParse()) {
      console.error("pycommunicate: the page's policy forbids to change it; add to the policy: trusted-types pycommunicate");
      this.#send(encodeEvent(["failed", remount.epoch, 0, 1, "policy"]));
      return this.#refused("blocked", "");
    }
    const reconnected = !this.connection.joined;
    const lost = reconnected && this.#events.waiting > 0;
    this.#delegate.remount(remount, () => this.#begin(remount));
    if (reconnected) this.#settle();
    else this.#pump();
    this.#delegate.remounted(lost);
  }

  #operations(message: Extract<ServerMessage, ["operations", ...unknown[]]>, size: number): void {
    const [, epoch, first, folded, received, allowed] = message;
    if (epoch !== this.#epoch) return;
    if (first > this.#applied + 1) return this.connection.replace(); // what is missing comes again after a resume
    this.#failures = 0;
    let number = first;
    const run = (operation: Operation): void => {
      if (number++ <= this.#applied) return;
      this.#applied++;
      apply(this.#scope, operation, this);
    };
    const whole = (repeat: Repeat): boolean => {
      const failed = (place: number, error: unknown): void => {
        this.#applied = number + place;
        this.failed(operationAt(repeat, place), codeOf(error), error);
      };
      if (number <= this.#applied || !addRows(this.#scope, repeat, failed)) return false;
      number += repeat[1] * repeat[2].length;
      this.#applied = number - 1;
      return true;
    };
    unfold(folded, run, whole);
    this.#scope.keep.settle();
    this.#scheduleAck(size);
    this.#credit(epoch, received, allowed);
  }

  #credit(epoch: string, received: number, allowed: number): void {
    if (epoch !== this.#epoch) return;
    this.#events.credit(received, allowed);
    this.#pump();
  }

  #refused(code: string, sentence: string): void {
    this.connection.end();
    this.#delegate.refused(code, sentence);
  }

  #pump(): void {
    this.#pumping = false;
    if (!this.connection.joined) return;
    const group = new EventGroup(this.#limit, this.#applied);
    for (let event = this.#events.next(); event; event = this.#events.next()) {
      if (group.takes(event)) continue;
      this.#sendGroup(group);
      if (!group.takes(event)) this.#sendEvents(this.#encode(event));
    }
    this.#sendGroup(group);
  }

  #sendGroup(group: EventGroup): void {
    if (group.events.length === 1) this.#sendEvents(this.#encode(group.events[0]!));
    else if (group.events.length) this.#sendEvents(encodeText(group.message(this.#epoch!, this.#applied)));
    group.clear();
  }

  #sendEvents(message: string): void {
    this.#send(message);
    this.connection.expect();
  }

  #encode({ number, listener, payload, foreseen }: MadeEvent): string {
    const encode = (told: Payload | null, ...answers: unknown[]): string =>
      encodeEvent(["event", this.#epoch, number, this.#applied, listener, told, ...answers]);
    let message = foreseen?.[0] === this.#applied ? encode(payload, foreseen[1]) : "";
    if (message && message.length < FORESEEN && fits(message, this.#limit)) return message;
    message = encode(payload);
    if (fits(message, this.#limit) || !payload) return message;
    const smaller = { ...payload };
    for (const name of ["value", "data", "detail", "id"]) {
      delete smaller[name];
      message = encode(smaller);
      if (fits(message, this.#limit)) break;
    }
    return message;
  }

  #send(message: string): void {
    if (!this.connection.joined) return;
    this.connection.send(message);
    this.#acknowledged = this.#applied;
    this.#unacknowledgedBytes = 0;
  }

  #scheduleAck(size: number): void {
    this.#unacknowledgedBytes += size;
    if (this.#unacknowledgedBytes >= ACK_BYTES) return this.#ack();
    this.#ackTimer ??= setTimeout(() => this.#ack(), ACK_DELAY);
  }

  #ack(): void {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    const { released } = this.#scope.listeners;
    if (!this.connection.joined || (this.#acknowledged === this.#applied && !released.length)) return;
    const told = released.splice(0, RELEASED);
    this.#send(encodeEvent(["ack", this.#epoch, this.#applied, told]));
    this.#toldReleased = this.#toldReleased.concat(told).slice(-RELEASED);
    if (released.length) this.#ack();
  }
}
