import type { OpenTransport } from "./transport.ts";

/** A frame is a packet. */
export const webSocket: OpenTransport = (path, events) => {
  const socket = new WebSocket(location.origin.replace(/^http/, "ws") + path + "websocket");

  function close(): void {
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  function send(packet: string): void {
    if (socket.readyState === WebSocket.OPEN) socket.send(packet);
  }

  socket.onmessage = ({ data }) => events.packet(data as string);
  socket.onclose = () => events.failed();
  return { send, farewell: send, close };
};
