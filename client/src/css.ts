// What a text of CSS would load, by CSS Syntax Level 3: escapes, comments and strings are read as the browser reads them.

import { leaves } from "./safety.ts";

const ESCAPE = /\\(?:([\da-f]{1,6})[ \t\n]?|\n|([^]))/gi;
/** A comment, a string, `<!--`, or a name with what makes it a keyword (@), a hash (#) or a function; else one character. A name that begins with a digit is a number's. */
const TOKEN = /\/\*[^]*?(?:\*\/|$)|(["'])((?:\\[^]|(?!\1)[^\\\n])*)\1?|<!--|([@#]?)((?:[-\w]|[^\0-\x7f]|\\(?:[\da-f]{1,6}[ \t\n]?|[^\n\da-f]))+)(\(?)|[^]/gi;
/** What `url(` takes unless a string follows. */
const REST = /(?![\t\n ]*["'])((?:[^)\\]|\\[^])*)\)?/y;

function unescaped(text: string): string {
  return text.replace(ESCAPE, (_, hex?: string, other?: string) => {
    if (!hex) return other ?? "";
    const code = parseInt(hex, 16);
    return code > 0xffff ? "\ufffd" : String.fromCharCode(code); // beyond that nothing is looked for
  });
}

function loads(text: string): boolean {
  const url = unescaped(text).replace(/^[\0- ]+|[\t\n\r]/g, "");
  return leaves(url) && !/^data:image\/(png|jpeg|gif|webp|avif)[;,]/i.test(url);
}

/** Whether `css` (declarations or a style sheet) would load anything but the application's own and bitmaps in `data:`. */
export function refusesCss(css: string): boolean {
  if (!/[("'@]|binding|behavior/i.test(css)) return false;
  const text = css.replace(/\r\n?|\f/g, "\n").replaceAll("\0", "\ufffd");
  // Whether a string is an address: inside of a function, and to the end of the declaration after @import or a variable's name.
  const inside: boolean[] = [];
  let named = false;
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < text.length; ) {
    const [token, quote, string, sign, name, paren] = TOKEN.exec(text)!;
    const address = named || inside.at(-1) === true;
    if (quote) {
      if (address && loads(string!)) return true;
    } else if (name) {
      const word = unescaped(name).toLowerCase();
      if (/^(-?moz-?binding|-?(ms-?)?behavior)$/.test(word)) return true;
      if (sign === "@" ? word === "import" : word.startsWith("--")) named = true;
      if (!paren) continue;
      // What counts as a letter beyond ASCII has changed with the standard: no function is called so.
      if (/[^\0-\x7f]/.test(name) || word === "expression" || (address && word === "attr")) return true;
      REST.lastIndex = TOKEN.lastIndex;
      const url = !sign && word === "url" && REST.exec(text);
      if (url) {
        if (loads(url[1]!) || /["'(]|[^\t\n ][\t\n ]+[^\t\n ]/.test(url[1]!.replace(ESCAPE, "x"))) return true;
        TOKEN.lastIndex = REST.lastIndex;
      } else inside.push(true);
    } else if (token === "(") inside.push(address);
    else if (token === "[") inside.push(false);
    else if (token === ")" || token === "]") inside.pop();
    else if (";{}".includes(token)) named = false;
  }
  return false;
}
