interface Policy {
  createHTML(markup: string): string;
}
interface Factory {
  createPolicy?(name: string, rules: Policy): Policy;
}

const IDENTITY: Policy = { createHTML: (text) => text };
let policy: Policy | undefined;

/** Marks markup that the server vouches for, so that pages under `require-trusted-types-for 'script'` take it. */
export function trusted(markup: string): string {
  policy ??= make();
  return policy.createHTML(markup);
}

function make(): Policy {
  try {
    return (globalThis as { trustedTypes?: Factory }).trustedTypes?.createPolicy?.("pycommunicate", IDENTITY) ?? IDENTITY;
  } catch {
    return IDENTITY; // not in `trusted-types`; whether markup needs one is another directive's to say
  }
}

/** Whether the page's policy lets us parse what the server renders. */
export function mayParse(): boolean {
  try {
    new DOMParser().parseFromString(trusted(""), "text/html");
    return true;
  } catch {
    return false;
  }
}
