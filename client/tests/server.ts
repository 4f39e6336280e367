// The server's side of the wire, as far as tests need it: what came, and a way to answer.
import { Connection } from "../src/connection.ts";
import { EventQueue } from "../src/events.ts";
import { Handles } from "../src/handles.ts";
import { Keep } from "../src/keep.ts";
import type { Link, LinkEvents, OpenLink } from "../src/link.ts";
import { Listeners } from "../src/listeners.ts";
import { Session, type SessionDelegate } from "../src/session.ts";

type Message = unknown[];

export class FakeServer {
  events!: LinkEvents;
  links = 0;
  auth: Record<string, unknown> = {};
  messages: Message[] = [];
  calls: string[] = [];
  handles = new Handles();
  listeners: Listeners;
  session: Session;
  connection: Connection;

  constructor(around: (open: OpenLink) => OpenLink = (open) => open) {
    const note = (call: string) => () => void this.calls.push(call);
    const delegate: SessionDelegate = {
      joined: () => this.#note("joined"),
      lost: () => this.#note("lost"),
      full: note("full"),
      failed: note("failed"),
      refused: (code) => void this.calls.push(`refused ${code}`),
      remount: (_remount, begin) => begin(),
      debug: (what, data) => void this.calls.push(`debug ${what} ${JSON.stringify(data)}`),
      remounted: (lost) => void this.calls.push(lost ? "remounted, something lost" : "remounted"),
    };
    this.listeners = new Listeners((...fired) => this.session.fire(...fired));
    const page = { version: 1, base: "/__pycommunicate", request: "request-1", mount: "mount-1" };
    const scope = { handles: this.handles, events: new EventQueue(), listeners: this.listeners, keep: new Keep(), foretold: new Map(), base: page.base, loaded: false };
    this.session = new Session(page, scope, delegate);
    this.connection = new Connection(around((events) => this.#open(events)), this.session);
    this.session.connection = this.connection;
    this.connection.connect();
  }

  /** Called with what the session tells its delegate. */
  heard: (call: string) => void = () => {};

  #note(call: string): void {
    this.calls.push(call);
    this.heard(call);
  }

  #open(events: LinkEvents): Link {
    this.links++;
    this.events = events;
    queueMicrotask(() => events === this.events && this.#received(events.first()));
    return { send: (text) => this.#received(text), farewell: (text) => this.#received(text), close: () => {} };
  }

  #received(text: string): void {
    const json: unknown = JSON.parse(text.slice(text.indexOf(",") + 1));
    if (text.startsWith("0")) this.auth = json as Record<string, unknown>;
    else this.messages.push(json as Message);
  }

  send(...message: Message): void {
    this.events.heard();
    this.events.received(`2/__pycommunicate,${JSON.stringify(message)}`);
  }

  /** Lets the browser's first packet arrive, then takes it in. */
  async join(answer = "joined", terms: Record<string, unknown> = {}): Promise<void> {
    await Promise.resolve();
    this.send(answer, { ...TERMS, ...terms });
  }

  /** The numbers of the events that came. */
  made(): number[] {
    return this.messages.flatMap(([name, , number, , events]) =>
      name === "event" ? [number as number] : name === "events" ? (events as unknown[]).map((_, index) => (number as number) + index) : [],
    );
  }

  /** The messages of one kind. */
  of(kind: string): Message[] {
    return this.messages.filter(([name]) => name === kind);
  }
}

export const TERMS = {
  epoch: "e1",
  resume: "resume-1",
  mount: "mount-2",
  received: 0,
  allowed: 100,
  limits: { message: 65_536 },
};
