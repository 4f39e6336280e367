/** What the page carries for us, as inert JSON. */
export interface PageData {
  version: number;
  base: string;
  request: string;
  mount: string;
}

export const PAGE_ELEMENT = "pycommunicate-page";

export function readPage(): PageData | null {
  const element = document.getElementById(PAGE_ELEMENT);
  return element ? (JSON.parse(element.textContent ?? "") as PageData) : null;
}
