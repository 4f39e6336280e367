import "./dom.ts";
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { engine } from "../src/engine.ts";
import type { LinkEvents } from "../src/link.ts";

const HANDSHAKE = '0{"sid":"a b","pingInterval":25000,"pingTimeout":20000,"maxPayload":60}';

/** A WebSocket whose other end is the test. */
class FakeWebSocket {
  static readonly OPEN = 1;
  static opened: FakeWebSocket[] = [];
  readyState = 1;
  sent: string[] = [];
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;

  protocol = "";

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    FakeWebSocket.opened.push(this);
  }

  /** The server answers the handshake, and takes what it carries. */
  accepts(): void {
    this.protocol = this.protocols[0] ?? "";
    this.onmessage?.({ data: HANDSHAKE });
  }

  /** What the handshake carries. */
  get carried(): string | undefined {
    return this.protocols[1] && Buffer.from(this.protocols[1], "base64url").toString();
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.readyState = 3;
  }
}

interface Request {
  method: string;
  url: string;
  body: string | null;
  answer: (text: string, ok?: boolean) => void;
}

let requests: Request[] = [];
let beacons: [url: string, body: string][] = [];

function fetching(url: string, { method, body, signal }: RequestInit): Promise<unknown> {
  return new Promise((resolve, reject) => {
    signal!.addEventListener("abort", () => reject(new Error("aborted")));
    const answer = (text: string, ok = true): void => resolve({ ok, statusText: "", text: () => Promise.resolve(text) });
    requests.push({ method: method!, url, body: body as string | null, answer });
  });
}

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  FakeWebSocket.opened = [];
  requests = [];
  beacons = [];
  define("WebSocket", FakeWebSocket);
  define("fetch", fetching);
  define("navigator", { sendBeacon: (url: string, body: string) => beacons.push([url, body]) });
});

afterEach(() => mock.timers.reset());

/** Lets what is answered be heard. */
function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function noting(first = "first"): { events: LinkEvents; calls: string[] } {
  const calls: string[] = [];
  const events: LinkEvents = {
    first: () => first,
    received: (text) => void calls.push(`received ${text}`),
    heard: () => {},
    closed: () => void calls.push("closed"),
  };
  return { events, calls };
}

function webSocket(): FakeWebSocket {
  return FakeWebSocket.opened.at(-1)!;
}

function says(text: string): void {
  webSocket().onmessage?.({ data: text });
}

async function polled(text: string): Promise<void> {
  requests.find(({ method }) => method === "GET")!.answer(text);
  requests = requests.filter(({ method }) => method !== "GET");
  await pause();
}

test("a WebSocket is opened first, its frames are packets", () => {
  const { events, calls } = noting();
  const link = engine("/base")(events);
  assert.equal(webSocket().url, "ws://localhost/base/socket/?EIO=4&transport=websocket");
  webSocket().accepts();
  says("4hello");
  says("2");
  link.send("there");
  assert.deepEqual(calls, ["received hello"]);
  assert.deepEqual(webSocket().sent, ["3", "4there"]);
  assert.equal(requests.length, 0);
});

test("the first message travels in the handshake of a WebSocket", () => {
  const { events } = noting('{"text":"größer als ÿ?"}');
  engine("/base")(events);
  assert.equal(webSocket().protocols[0], "pycommunicate.first");
  assert.match(webSocket().protocols[1]!, /^[\w-]+$/);
  assert.equal(webSocket().carried, '4{"text":"größer als ÿ?"}');
  webSocket().accepts();
  assert.deepEqual(webSocket().sent, []);
});

test("one that is too long for a header is sent when the WebSocket is open", () => {
  const long = "ö".repeat(1_500);
  const { events } = noting(long);
  engine("/base")(events);
  assert.deepEqual(webSocket().protocols, []);
  webSocket().accepts();
  assert.deepEqual(webSocket().sent, ["4" + long]);
});

test("what the server closes is told once, what we close is not told", () => {
  const { events, calls } = noting();
  const open = engine("/base");
  open(events);
  webSocket().accepts();
  says("1");
  says("4late");
  assert.deepEqual(calls, ["closed"]);
  open(events).close();
  says("4late");
  assert.deepEqual(calls, ["closed"]);
});

test("where no WebSocket opens, polling takes over", async () => {
  const { events, calls } = noting();
  const link = engine("/base")(events);
  webSocket().onclose!();
  assert.equal(requests[0]!.url, "http://localhost/base/socket/?EIO=4&transport=polling");
  await polled(HANDSHAKE);
  await polled("4one\x1e4two");
  assert.deepEqual(calls, ["received one", "received two"]);
  assert.deepEqual(requests.find(({ method }) => method === "POST")?.body, "4first");
  assert.equal(requests.at(-1)!.url, "http://localhost/base/socket/?EIO=4&transport=polling&sid=a%20b");
  link.close();
  await pause();
  assert.deepEqual(beacons, [["http://localhost/base/socket/?EIO=4&transport=polling&sid=a%20b", "1"]]);
  assert.deepEqual(calls.length, 2);
});

test("one POST at a time, and none larger than the server takes", async () => {
  const { events } = noting();
  const link = engine("/base")(events);
  webSocket().onclose!();
  await polled(HANDSHAKE);
  requests.shift()!.answer("ok"); // the first
  await pause();
  const sent = Array.from({ length: 4 }, (_, number) => `${number}`.repeat(19));
  for (const text of sent) link.send(text);
  const posts = (): Request[] => requests.filter(({ method }) => method === "POST");
  assert.deepEqual(posts().map(({ body }) => body), [`4${sent[0]}`]);
  posts()[0]!.answer("ok");
  await pause();
  assert.deepEqual(posts().map(({ body }) => body), [`4${sent[0]}`, `4${sent[1]}\x1e4${sent[2]}`]);
  posts()[1]!.answer("ok");
  await pause();
  assert.equal(posts()[2]!.body, `4${sent[3]}`);
});

test("a request that fails ends the link", async () => {
  const { events, calls } = noting();
  engine("/base")(events);
  webSocket().onclose!();
  await polled(HANDSHAKE);
  requests[0]!.answer("", false);
  await pause();
  assert.deepEqual(calls, ["closed"]);
});

test("a farewell while polling outlives the page, and says that nothing follows", async () => {
  const { events } = noting();
  const link = engine("/base")(events);
  webSocket().onclose!();
  await polled(HANDSHAKE);
  link.farewell("bye");
  link.close();
  assert.deepEqual(beacons.map(([, body]) => body), ["4bye\x1e1"]);
});

test("once a WebSocket has opened, a refused one is no reason to poll", () => {
  const { events, calls } = noting();
  const open = engine("/base");
  open(events);
  webSocket().accepts();
  webSocket().onclose!();
  open(events);
  webSocket().onclose!();
  assert.deepEqual([calls, requests.length], [["closed", "closed"], 0]);
});

test("a WebSocket that neither opens nor fails: the next attempt polls first", () => {
  const { events } = noting();
  const open = engine("/base");
  open(events).close();
  assert.equal(requests.length, 0);
  open(events);
  assert.deepEqual([FakeWebSocket.opened.length, requests.length], [1, 1]);
});

test("a server that sends no pings any more is gone", () => {
  const { events, calls } = noting();
  engine("/base")(events);
  webSocket().accepts();
  mock.timers.tick(44_000);
  says("2");
  mock.timers.tick(44_000);
  assert.deepEqual(calls, []);
  mock.timers.tick(1_000);
  assert.deepEqual(calls, ["closed"]);
});
