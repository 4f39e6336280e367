/** One way to carry Engine.IO's packets. After `close()` and after `failed` nothing more is told. */
export interface Transport {
  send(packet: string): void;
  /** Sends what can be sent while the page is being left. Nothing follows. */
  farewell(packet: string): void;
  close(): void;
}

export interface TransportEvents {
  packet(text: string): void;
  failed(): void;
}

/** `path` lacks the transport's name. */
export type OpenTransport = (path: string, events: TransportEvents) => Transport;
