// Runs in every measured page before anything of its own: counts its messages, and says when something is to be seen.
"use strict";

(wanted) => {
  const size = (data) => (typeof data === "string" ? data.length : (data.byteLength ?? data.size));
  const counted = { messages: 0, bytes: 0 };
  const watch = { counted, opened: null, loaded: null };
  window.watch = watch;

  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...args) {
      super(...args);
      this.addEventListener("open", () => {
        watch.opened ??= performance.now();
      });
      this.addEventListener("message", (event) => {
        counted.messages++;
        counted.bytes += size(event.data);
      });
    }

    send(data) {
      counted.messages++;
      counted.bytes += size(data);
      super.send(data);
    }
  };

  const observe = (look) => {
    const observer = new MutationObserver(() => look() && observer.disconnect());
    observer.observe(document, { childList: true, subtree: true, characterData: true });
    return observer;
  };

  /** When the first element that matches has this text (null: when nothing matches any more). */
  watch.until = (selector, text) =>
    new Promise((resolve) => {
      observe(() => {
        const found = document.querySelector(selector);
        if (text === null ? found === null : found?.textContent === text) {
          resolve(performance.now());
          return true;
        }
        return false;
      });
    });

  /** Clicks, and how long it took until the text was there. */
  watch.click = async (selector, wantedSelector, text) => {
    const before = { ...counted };
    const done = watch.until(wantedSelector, text);
    const begun = performance.now();
    document.querySelector(selector).click();
    const ended = await done;
    return { milliseconds: ended - begun, messages: counted.messages - before.messages };
  };

  /** Clicks as fast as the page can; every value that could be seen, and how long it took to the last. */
  watch.clicks = (selector, shown, count, patience) =>
    new Promise((resolve) => {
      const values = [];
      const before = { ...counted };
      const end = (milliseconds) => {
        observer.disconnect();
        resolve({ milliseconds, values, messages: counted.messages - before.messages });
      };
      const observer = observe(() => {
        const text = document.querySelector(shown).textContent;
        if (text !== values.at(-1)) {
          values.push(text);
        }
        if (text === String(count)) {
          end(performance.now() - begun);
        }
        return false;
      });
      setTimeout(() => end(null), patience);
      const button = document.querySelector(selector);
      const begun = performance.now();
      for (let made = 0; made < count; made++) {
        button.click();
      }
    });

  /** Clicks one after the other, each when the one before is shown. */
  watch.singly = async (selector, shown, count) => {
    const begun = performance.now();
    for (let made = 1; made <= count; made++) {
      const done = watch.until(shown, String(made));
      document.querySelector(selector).click();
      await done;
    }
    return performance.now() - begun;
  };

  if (wanted) {
    void watch.until(...wanted).then((now) => {
      watch.loaded = now;
    });
  }
};
