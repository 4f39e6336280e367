import { Connection } from "./connection.ts";
import { Early } from "./early.ts";
import { engine } from "./engine.ts";
import { Handles } from "./handles.ts";
import { watchHead } from "./head.ts";
import { Keep } from "./keep.ts";
import type { OpenLink } from "./link.ts";
import { Listeners } from "./listeners.ts";
import { VERSION } from "./messages.ts";
import { morph } from "./morph.ts";
import { document } from "./native.ts";
import type { Scope } from "./operations/scope.ts";
import { clientScript, readLoad, type PageData } from "./page.ts";
import { toTheTop } from "./place.ts";
import { reloadOnce, reloadWorked } from "./reload.ts";
import { EventQueue } from "./events.ts";
import { Session, type SessionDelegate } from "./session.ts";
import { Status } from "./status.ts";

export const RELOADING = ["cookies", "not_yours", "reload", "version"];
const READY = 100; // as long as a connection took before its handshake carried the answers

export interface Started {
  session: Session;
  connection: Connection;
  delegate: SessionDelegate;
}

/** Calls `then` once somebody sees the page: now, or when a page that was prerendered is opened. */
export function onceShown(then: () => void): void {
  if (!(document as { prerendering?: boolean }).prerendering) then();
  else document.addEventListener("prerenderingchange", then, { once: true });
}

/** Brings the page to life. */
export function start(page: PageData, open: OpenLink = engine(page.base)): Started {
  const status = new Status();
  const keep = new Keep();
  const handles = new Handles();
  const listeners = new Listeners((...fired) => {
    early.took(fired[1]);
    session.fire(...fired);
  });

  const delegate: SessionDelegate = {
    joined() {
      status.connected();
      reloadWorked(() => connection.joined);
    },
    lost: (silent) => status.lost(silent),
    full: () => status.full(),
    failed: () => status.failed(),
    refused(code) {
      const reloads = RELOADING.includes(code);
      if (!reloads || !reloadOnce()) status.refused(code, reloads);
    },
    remount({ keep: same, url, ...rest }, begin) {
      const known = handles.all();
      const ours = (element: Element): boolean => known.has(element);
      if (same) keep.save();
      else {
        keep.discard();
        early.forget();
      }
      begin();
      if (url !== null) history.replaceState(history.state, "", url);
      morph({ ...rest, keep: same ? keep : null, base: page.base, ours });
      if (same) keep.settle();
      else toTheTop();
    },
    remounted: (lost) => status.remounted(lost),
  };

  const scope: Scope = { handles, listeners, events: new EventQueue(), keep, foretold: new Map(), base: page.base, loaded: false, ended: () => early.release() };
  const early = new Early(listeners, () => scope.loaded);
  const session: Session = new Session(page, scope, delegate);
  const connection = new Connection(open, session);
  session.connection = connection;
  early.watch();
  keep.watch();
  watchHead();
  watchLife(connection, session);
  status.start();
  session.begin(readLoad());
  if (page.ask && hasScripts(page.base)) whenReady(() => connection.connect());
  else connection.connect();
  const shown = { version: VERSION, get state() { return status.state; }, get loaded() { return scope.loaded; } };
  Object.defineProperty(window, "pycommunicate", { value: Object.freeze(shown) });
  return { session, connection, delegate };
}

/** Whether the page has scripts of its own, which may change what `load()` asks when they have their turn. */
function hasScripts(base: string): boolean {
  return document.querySelector(`script:not(${clientScript(base)},[type="application/json"])`) !== null;
}

/** Calls `then` when the page's own scripts have had their turn; it doesn't wait for a slow one. */
function whenReady(then: () => void): void {
  let waiting = true;
  const go = (): void => {
    if (waiting) then();
    waiting = false;
  };
  setTimeout(go, READY);
  // Of all who wait for it, the last: the window's come after the document's, and all who want to be are known by then.
  document.addEventListener("DOMContentLoaded", () => addEventListener("DOMContentLoaded", go, { once: true }), { once: true });
}

/** The page comes and goes: back/forward cache, sleep, network. */
function watchLife(connection: Connection, session: Session): void {
  addEventListener("pagehide", ({ persisted }) => (persisted ? connection.suspend() : session.leave()));
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    session.lost(false);
    connection.connect();
  });
  addEventListener("online", () => connection.wake());
  addEventListener("offline", () => connection.replace());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !connection.joined) connection.wake();
  });
}
