// The client of `pycommunicate run --debug`: the same, and hot reload.
import { Eager } from "./debug/eager.ts";
import type { Fault } from "./debug/fault.ts";
import { Files } from "./debug/files.ts";
import { Overlay } from "./debug/overlay.ts";
import { restoreTyped, saveTyped, watchTyping } from "./debug/typed.ts";
import { Violations } from "./debug/violations.ts";
import { Visible } from "./debug/visible.ts";
import { engine } from "./engine.ts";
import { readPage, type PageData } from "./page.ts";
import { RELOADING, onceShown, start } from "./start.ts";

const BAR = 10_000; // after that, the banner alone says that the server is away

function startHot(page: PageData): void {
  const eager = new Eager();
  const { session, connection, delegate } = start(page, eager.around(engine(page.base)));
  const before = { ...delegate };
  const overlay = new Overlay();
  const violations = new Violations(page.base, overlay);
  const visible = new Visible(() => connection.joined && (session.tell("visible"), true));
  const files = new Files(() => {
    saveTyped();
    location.reload();
  });
  let lost = false;
  let bar: ReturnType<typeof setTimeout> | undefined;
  eager.connection = connection;

  Object.assign(delegate, {
    joined() {
      before.joined();
      lost = false;
      eager.joined();
      overlay.restarted();
      visible.settle();
    },
    lost(silent) {
      lost = true;
      before.lost(silent);
      eager.lost();
    },
    refused(code, sentence) {
      if (RELOADING.includes(code)) saveTyped();
      before.refused(code, sentence);
    },
    remount(remount, begin) {
      before.remount(remount, begin);
      visible.forget();
      files.remounted();
      violations.remounted();
      if (lost) overlay.fixed(); // another server: it would say what is wrong with its own code
    },
    debug(what, data) {
      if (what === "fault") overlay.fault(data as Fault);
      else if (what === "fixed") overlay.fixed();
      else if (what === "files") void files.changed(data as string[]);
      else if (what === "stale") visible.stale();
      else if (what === "restarting") {
        eager.announce();
        overlay.restarting();
        clearTimeout(bar);
        bar = setTimeout(() => overlay.restarted(), BAR);
      }
    },
  } satisfies Partial<typeof delegate>);
  violations.watch();
  watchTyping();
  restoreTyped();
}

const page = readPage();
if (page) onceShown(() => startHot(page));
