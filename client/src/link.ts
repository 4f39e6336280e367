/** One connection to the server, from its first attempt to its end. */
export interface Link {
  send(text: string): void;
  /** The page is being left: what can be sent now is sent now. */
  farewell(text: string): void;
  close(): void;
}

export interface LinkEvents {
  /** What the server has to hear before anything else. Asked for when it is sent, which may be more than once. */
  first(): string;
  received(text: string): void;
  /** Anything at all came, if only a ping. */
  heard(): void;
  closed(): void;
}

export type OpenLink = (events: LinkEvents) => Link;
