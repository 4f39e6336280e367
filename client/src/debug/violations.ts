import type { Fault } from "./fault.ts";
import type { Overlay } from "./overlay.ts";

/** What the page's policy stops: the server says where it stands in the templates and what to write there. */
export class Violations {
  #base: string;
  #overlay: Overlay;
  #shown = false;

  constructor(base: string, overlay: Overlay) {
    this.#base = base;
    this.#overlay = overlay;
  }

  /** From now on, and what was stopped before. Browsers without a ReportingObserver tell the server alone. */
  watch(): void {
    if (!("ReportingObserver" in window)) return;
    const take = (reports: Report[]): void => {
      const bodies = reports.map(({ body }) => body as unknown as { disposition: string });
      const enforced = bodies.filter(({ disposition }) => disposition === "enforce");
      if (enforced.length) void this.#tell(enforced);
    };
    new ReportingObserver(take, { types: ["csp-violation"], buffered: true }).observe();
  }

  /** The page is up to date: what is wrong now is told anew. */
  remounted(): void {
    if (this.#shown) this.#overlay.fixed();
    this.#shown = false;
  }

  async #tell(reports: unknown[]): Promise<void> {
    try {
      const response = await fetch(`${this.#base}/violations`, { method: "POST", body: JSON.stringify(reports) });
      const fault = response.ok ? ((await response.json()) as Fault | null) : null;
      if (!fault || this.#overlay.shows) return;
      this.#overlay.fault(fault);
      this.#shown = true;
    } catch (error) {
      console.warn("pycommunicate: what the policy stopped could not be told to the server", error);
    }
  }
}
