import { fits } from "./socketio.ts";
import type { OpenTransport } from "./transport.ts";

const BETWEEN = "\x1e"; // stands between the packets of one body
const MOST = 200; // packets in a body

/** A GET waits for packets, POSTs carry ours: one at a time of each. */
export const polling: OpenTransport = (path, _first, events) => {
  const abort = new AbortController();
  let address = path + "polling";
  let limit = 0;
  let waiting: string[] = [];
  let posting = false;

  async function request(method: string, body: string | null = null): Promise<string> {
    const response = await fetch(address, { method, body, cache: "no-store", signal: abort.signal });
    if (!response.ok) throw new Error(response.statusText);
    return response.text();
  }

  function opened(packet: string): void {
    const { sid, maxPayload } = JSON.parse(packet.slice(1)) as { sid: string; maxPayload: number };
    address += "&sid=" + encodeURIComponent(sid);
    limit = maxPayload;
  }

  function take(body: string): void {
    for (const packet of body.split(BETWEEN)) {
      if (abort.signal.aborted) return;
      if (!limit) opened(packet);
      events.packet(packet);
    }
  }

  async function poll(): Promise<void> {
    while (!abort.signal.aborted) take(await request("GET"));
  }

  /** As much of what waits as one request may carry. */
  function body(): string {
    let text = waiting.shift()!;
    for (let packets = 1; waiting.length && packets < MOST; packets++) {
      const longer = text + BETWEEN + waiting[0]!;
      if (!fits(longer, limit)) break;
      text = longer;
      waiting.shift();
    }
    return text;
  }

  async function post(): Promise<void> {
    if (posting) return;
    posting = true;
    while (waiting.length) await request("POST", body());
    posting = false;
  }

  function fail(): void {
    if (abort.signal.aborted) return;
    abort.abort();
    events.failed();
  }

  /** Outlives the page, and this transport. */
  function last(packets: string): void {
    abort.abort();
    if (limit) navigator.sendBeacon(address, packets);
  }

  poll().catch(fail);
  return {
    send(packet) {
      waiting.push(packet);
      post().catch(fail);
    },
    farewell: (packet) => last(packet + BETWEEN + "1"),
    close: () => abort.signal.aborted || last("1"),
  };
};
