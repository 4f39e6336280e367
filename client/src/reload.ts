const KEY = "pycommunicate.reload";
const RECENT = 60_000;
const WORKED = 10_000;

/** Loads the page again, unless that was tried just now: a page that is refused each time must not reload for ever. */
export function reloadOnce(): boolean {
  try {
    const last = Number(sessionStorage.getItem(KEY));
    if (Date.now() - last < RECENT) return false;
    sessionStorage.setItem(KEY, String(Date.now()));
  } catch {
    return false; // without storage nothing would end the loop
  }
  location.reload();
  return true;
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** The page is live again. If it stays so, the next refusal may reload again. */
export function reloadWorked(joined: () => boolean): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    try {
      if (joined()) sessionStorage.removeItem(KEY);
    } catch {
      // no storage, no guard to remove
    }
  }, WORKED);
}
