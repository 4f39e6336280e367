import { Socket } from "engine.io-client";
import type { Link, LinkEvents, OpenLink } from "./link.ts";

/** The parts of Engine.IO's transports that a farewell needs. */
interface Transport {
  name: string;
  writable: boolean;
  ws?: WebSocket;
  uri(): string;
}

const BOTH = ["websocket", "polling"];

/** Links over Engine.IO: the WebSocket directly, long polling where none can be opened. */
export function engine(base: string): OpenLink {
  let worked = false; // a WebSocket has opened on this page
  let attempts = 0;
  let stalled = false; // the last attempt neither opened nor failed: something on the way swallows WebSockets

  function transports(): string[] {
    if (stalled) return [...BOTH].reverse();
    return worked && attempts % 16 ? BOTH.slice(0, 1) : BOTH; // a restarting server is no reason to poll
  }

  return (events: LinkEvents): Link => {
    attempts++;
    let answered = false; // it has opened, or was refused: both tell that WebSockets are not swallowed
    const socket = new Socket({ path: base + "/socket", transports: transports(), tryAllTransports: true });
    socket.on("open", () => {
      answered = true;
      attempts = 0;
      worked ||= socket.transport.name === "websocket";
      events.opened();
    });
    socket.on("message", (data) => events.received(data as string));
    socket.on("heartbeat", () => events.heard());
    socket.on("close", () => {
      answered = true;
      events.closed();
    });
    return {
      send: (text) => void socket.send(text),
      farewell: (text) => farewell(socket, text),
      close() {
        if (!answered) stalled = !stalled;
        abandon(socket);
      },
    };
  };
}

/** Ends a socket that may no longer answer: Engine.IO's own close() waits until all is sent. */
function abandon(socket: Socket): void {
  socket.off();
  socket.writeBuffer.length = 0;
  socket.close();
}

function farewell(socket: Socket, text: string): void {
  const transport = socket.transport as unknown as Transport;
  if (transport.name === "polling") navigator.sendBeacon(transport.uri(), "4" + text);
  else if (transport.writable) socket.send(text);
  else if (transport.ws?.readyState === 1) transport.ws.send("4" + text);
}
