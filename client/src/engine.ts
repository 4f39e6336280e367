import type { Link, LinkEvents, OpenLink } from "./link.ts";
import { polling } from "./polling.ts";
import type { OpenTransport, Transport } from "./transport.ts";
import { webSocket } from "./websocket.ts";

// Engine.IO 4: the first character of a packet is its type.
const OPEN = "0";
const CLOSE = "1";
const PING = "2";
const PONG = "3";
const MESSAGE = "4";

/** Links over Engine.IO: the WebSocket directly, long polling where none can be opened. */
export function engine(base: string): OpenLink {
  const path = location.origin + base + "/socket/?EIO=4&transport=";
  const past: Past = { worked: false, attempts: 0, stalled: false };
  return (events) => new EngineLink(path, past, events);
}

/** What the attempts of this page have shown so far. */
interface Past {
  /** A WebSocket has opened. */
  worked: boolean;
  attempts: number;
  /** The last attempt neither opened nor failed: something on the way swallows WebSockets. */
  stalled: boolean;
}

function transports({ worked, attempts, stalled }: Past): OpenTransport[] {
  if (stalled) return [polling, webSocket];
  return worked && attempts % 16 ? [webSocket] : [webSocket, polling]; // a restarting server is no reason to poll
}

class EngineLink implements Link {
  #path: string;
  #past: Past;
  #events: LinkEvents;
  #left: OpenTransport[];
  #transport!: Transport;
  #open = false;
  #answered = false; // it has opened, or was refused: both tell that WebSockets are not swallowed
  #patience = 0; // how long the server may be silent: it sends pings
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(path: string, past: Past, events: LinkEvents) {
    past.attempts++;
    this.#path = path;
    this.#past = past;
    this.#events = events;
    this.#left = transports(past);
    this.#begin(this.#left.shift()!);
  }

  send(text: string): void {
    this.#transport.send(MESSAGE + text);
  }

  farewell(text: string): void {
    this.#transport.farewell(MESSAGE + text);
  }

  close(): void {
    if (!this.#answered) this.#past.stalled = !this.#past.stalled;
    this.#end();
  }

  #begin(open: OpenTransport): void {
    this.#transport = open(this.#path, () => this.#first(), {
      packet: (text) => this.#take(text, open === webSocket),
      failed: () => this.#failed(),
    });
  }

  #take(packet: string, overWebSocket: boolean): void {
    this.#events.heard();
    switch (packet[0]) {
      case OPEN:
        return this.#opened(JSON.parse(packet.slice(1)) as { pingInterval: number; pingTimeout: number }, overWebSocket);
      case PING:
        this.#transport.send(PONG);
        return this.#listen();
      case MESSAGE:
        return this.#events.received(packet.slice(1));
      case CLOSE:
        return this.#failed();
    }
  }

  #opened(terms: { pingInterval: number; pingTimeout: number }, overWebSocket: boolean): void {
    this.#open = this.#answered = true;
    this.#past.attempts = 0;
    this.#past.worked ||= overWebSocket;
    this.#patience = terms.pingInterval + terms.pingTimeout;
    this.#listen();
    if (!this.#transport.carried) this.#transport.send(this.#first());
  }

  #first(): string {
    return MESSAGE + this.#events.first();
  }

  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#failed(), this.#patience);
  }

  #failed(): void {
    this.#answered = true;
    this.#end();
    const next = this.#open ? undefined : this.#left.shift();
    if (next) this.#begin(next);
    else this.#events.closed();
  }

  #end(): void {
    clearTimeout(this.#silence);
    this.#transport.close();
  }
}
