"""Made from pycommunicate/protocol/names.json by `python3 dev.py wire`. Change that file, not this one."""

from typing import Final

ELEMENTS: Final = frozenset(
    {
        "animate",
        "animatemotion",
        "animatetransform",
        "base",
        "embed",
        "fencedframe",
        "frame",
        "iframe",
        "link",
        "meta",
        "noembed",
        "noframes",
        "object",
        "param",
        "plaintext",
        "script",
        "set",
        "style",
        "xmp",
    }
)
UNREAD: Final = frozenset(
    {
        "constructor",
        "innerhtml",
        "outerhtml",
        "prototype",
        "srcdoc",
    }
)
UNWRITTEN: Final = frozenset(
    {
        "password",
        "protocol",
        "username",
    }
)
RULES: Final[dict[str, str]] = {
    "action": "own",
    "allow": "refuse",
    "allowfullscreen": "refuse",
    "attributename": "refuse",
    "attributetype": "refuse",
    "attributionsrc": "refuse",
    "background": "url",
    "base": "refuse",
    "cite": "url",
    "clip-path": "css",
    "credentialless": "refuse",
    "csp": "refuse",
    "cursor": "css",
    "data": "url",
    "fill": "css",
    "filter": "css",
    "formaction": "own",
    "href": "url",
    "http-equiv": "refuse",
    "httpequiv": "refuse",
    "imagesrcset": "srcset",
    "longdesc": "url",
    "lowsrc": "url",
    "manifest": "refuse",
    "marker": "css",
    "marker-end": "css",
    "marker-mid": "css",
    "marker-start": "css",
    "mask": "css",
    "nonce": "refuse",
    "ping": "own",
    "poster": "url",
    "sandbox": "refuse",
    "src": "url",
    "srcdoc": "refuse",
    "srcset": "srcset",
    "stroke": "css",
    "style": "css",
}
RULES_OF: Final[dict[str, dict[str, str]]] = {
    "animate": {"by": "refuse", "from": "refuse", "href": "refuse", "to": "refuse", "values": "refuse"},
    "animatemotion": {"by": "refuse", "from": "refuse", "href": "refuse", "to": "refuse", "values": "refuse"},
    "animatetransform": {"by": "refuse", "from": "refuse", "href": "refuse", "to": "refuse", "values": "refuse"},
    "base": {"href": "refuse", "target": "refuse"},
    "embed": {"src": "own"},
    "fencedframe": {"src": "own"},
    "frame": {"src": "own"},
    "iframe": {"src": "own"},
    "link": {"href": "own", "rel": "refuse", "rellist": "refuse"},
    "meta": {"content": "refuse", "name": "refuse"},
    "object": {"data": "own"},
    "script": {
        "href": "refuse",
        "innertext": "refuse",
        "outertext": "refuse",
        "src": "refuse",
        "text": "refuse",
        "textcontent": "refuse",
        "type": "refuse",
    },
    "set": {"by": "refuse", "from": "refuse", "href": "refuse", "to": "refuse", "values": "refuse"},
    "style": {"innertext": "css", "outertext": "css", "text": "css", "textcontent": "css"},
    "use": {"href": "own"},
}
