// Socket.IO 5 as text packets in one namespace. Engine.IO adds and takes away its own "4" in front.

export const NAMESPACE = "/__pycommunicate";
const PREFIX = NAMESPACE + ",";

export const CONNECT = 0;
export const DISCONNECT = 1;
export const EVENT = 2;
export const CONNECT_ERROR = 4;

export interface Packet {
  type: number;
  data: unknown;
}

export function encodeConnect(auth: object): string {
  return CONNECT + PREFIX + JSON.stringify(auth);
}

export function encodeEvent(message: readonly unknown[]): string {
  return encodeText(JSON.stringify(message));
}

/** The same for a message that is JSON already. */
export function encodeText(json: string): string {
  return EVENT + PREFIX + json;
}

/** The packet in `text`; null where it is none of our namespace. */
export function decode(text: string): Packet | null {
  const type = Number(text[0]);
  if (text.slice(1) === NAMESPACE) return { type, data: null };
  if (!text.startsWith(PREFIX, 1)) return null;
  const json = text.slice(1 + PREFIX.length);
  try {
    return { type, data: json ? JSON.parse(json) : null };
  } catch {
    return null;
  }
}

const encoder = new TextEncoder();

/** Whether an encoded message is within the server's limit, with Engine.IO's own character. */
export function fits(text: string, limit: number): boolean {
  if (text.length * 3 < limit) return true;
  return text.length < limit && encoder.encode(text).length < limit;
}
