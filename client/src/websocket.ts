import type { OpenTransport, Transport } from "./transport.ts";

const CARRIES = "pycommunicate.first";
const MOST = 3_000; // what proxies take for a header has bounds; a third is added

/** A frame is a packet. The first one travels in the handshake, in the place of a subprotocol: a whole round trip earlier. */
export const webSocket: OpenTransport = (path, first, events) => {
  const bytes = new TextEncoder().encode(first());
  const offered = bytes.length > MOST ? [] : [CARRIES, token(bytes)];
  let socket: WebSocket;
  try {
    socket = new WebSocket(path.replace(/^http/, "ws") + "websocket", offered);
  } catch {
    return refused(events.failed); // a policy, an extension
  }

  function close(): void {
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  function send(packet: string): void {
    if (socket.readyState === WebSocket.OPEN) socket.send(packet);
  }

  socket.onmessage = ({ data }) => events.packet(data as string);
  socket.onclose = () => events.failed();
  return { send, farewell: send, close, get carried() { return socket.protocol === CARRIES; } };
};

/** A transport that fails once whoever opened it has it. */
function refused(failed: () => void): Transport {
  const timer = setTimeout(failed);
  const nothing = (): void => {};
  return { send: nothing, farewell: nothing, close: () => clearTimeout(timer), carried: false };
}

/** Base64 in an alphabet that a subprotocol may have (RFC 4648, section 5). */
function token(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
