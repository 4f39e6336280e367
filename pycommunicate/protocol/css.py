r"""What a text of CSS would load, by CSS Syntax Level 3: escapes, comments and strings are read as the browser reads them.

A search for `url(` would miss `u\\72l(` and `image-set("...")`. The client has the same reader (`client/src/css.ts`), and
tests/wire/safety.json holds both to the same answers.
"""

import re
from typing import Final

from pycommunicate.protocol.addresses import leaves

_FLAGS: Final = re.ASCII | re.IGNORECASE
_SUSPICIOUS: Final = re.compile(r"[(\"'@]|binding|behavior", _FLAGS)
_ESCAPE: Final = re.compile(r"\\(?:([\da-f]{1,6})[ \t\n]?|\n|([\s\S]))", _FLAGS)
_TOKEN: Final = re.compile(
    r"""
      /\*[\s\S]*?(?:\*/|\Z)                                          # a comment
    | (?P<quote>["'])(?P<string>(?:\\[\s\S]|(?!(?P=quote))[^\\\n])*)(?P=quote)?
    | <!--
    | (?P<sign>[@\#]?)                                               # a keyword, a hash, a name; with (: a function
      (?P<name>(?:[-\w]|[^\0-\x7f]|\\(?:[\da-f]{1,6}[ \t\n]?|[^\n\da-f]))+)(?P<paren>\(?)
    | [\s\S]
    """,
    _FLAGS | re.VERBOSE,
)
_REST: Final = re.compile(r"(?![\t\n ]*[\"'])((?:[^)\\]|\\[\s\S])*)\)?")  # what `url(` takes unless a string follows
_BAD_URL: Final = re.compile(r"[\"'(]|[^\t\n ][\t\n ]+[^\t\n ]")
_BINDING: Final = re.compile(r"-?moz-?binding|-?(?:ms-?)?behavior")
_BEFORE: Final = re.compile(r"^[\0- ]+|[\t\n\r]")  # what the URL Standard takes away
_BITMAP: Final = re.compile(r"data:image/(?:png|jpeg|gif|webp|avif)[;,]", _FLAGS)


def refused(css: str, origin: str = "") -> str | None:
    """Return what in `css` (declarations or a style sheet) loads from elsewhere or runs; None if nothing does.

    Addresses may be relative, of `origin` (`https://host:port`; the server does not know it), or a bitmap in `data:`.
    One pass.
    """
    return None if _SUSPICIOUS.search(css) is None else _read(css, origin)


def _read(css: str, origin: str) -> str | None:
    text = re.sub(r"\r\n?|\f", "\n", css).replace("\0", "\ufffd")
    # Whether a string is an address: inside of a function, and to the end of the declaration after @import or a variable's name.
    inside: list[bool] = []
    named = False
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:  # can't be: the last alternative is any character
            break
        at = token.end()
        address = named or (bool(inside) and inside[-1])
        if token["quote"]:
            if address and _loads(token["string"], origin):
                return _unescaped(token["string"])
        elif token["name"]:
            word = _unescaped(token["name"]).lower()
            if _BINDING.fullmatch(word):
                return word
            if (word == "import") if token["sign"] == "@" else word.startswith("--"):
                named = True
            if not token["paren"]:
                continue
            # What counts as a letter beyond ASCII has changed with the standard: no function is called so.
            if not token["name"].isascii() or word == "expression" or (address and word == "attr"):
                return f"{word}()"
            url = _REST.match(text, at) if word == "url" and not token["sign"] else None
            if url is None:
                inside.append(True)
                continue
            if _loads(url[1], origin) or _BAD_URL.search(_ESCAPE.sub("x", url[1])):
                return _unescaped(url[1]).strip()
            at = url.end()
        else:
            named = _between(token[0], inside, address=address, named=named)
    return None


def _between(character: str, inside: list[bool], *, address: bool, named: bool) -> bool:
    """Open or close a bracket; return whether the declaration that is an address goes on."""
    if character == "(":
        inside.append(address)
    elif character == "[":
        inside.append(False)
    elif character in {")", "]"} and inside:
        inside.pop()
    return named and character not in {";", "{", "}"}


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text)


def _character(escape: re.Match[str]) -> str:
    if escape[1] is None:
        return escape[2] or ""
    code = int(escape[1], 16)
    return "\ufffd" if code > 0xFFFF else chr(code)  # beyond that nothing is looked for


def _loads(text: str, origin: str) -> bool:
    url = _BEFORE.sub("", _unescaped(text))
    return leaves(url, origin) and not _BITMAP.match(url)
