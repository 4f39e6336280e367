/** One way to carry Engine.IO's packets. After `close()` and after `failed` nothing more is told. */
export interface Transport {
  /** The first packet has reached the server along with what opened the transport. */
  readonly carried?: boolean;
  send(packet: string): void;
  /** Sends what can be sent while the page is being left. Nothing follows. */
  farewell(packet: string): void;
  close(): void;
}

export interface TransportEvents {
  packet(text: string): void;
  failed(): void;
}

/** `path` lacks the transport's name; `first` is the first packet, for those that can carry it already while they open. */
export type OpenTransport = (path: string, first: () => string, events: TransportEvents) => Transport;
