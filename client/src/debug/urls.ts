/** `text`, a URL relative to `base`, with the version of `file` where it names that file; else null. */
export function versioned(text: string, file: URL, base: string = document.baseURI): string | null {
  const url = URL.parse(text, base);
  if (url?.origin !== file.origin || url.pathname !== file.pathname) return null;
  for (const [name, value] of file.searchParams) url.searchParams.set(name, value);
  return url.href;
}
