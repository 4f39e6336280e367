"""What the browser's client refuses, whatever the server says: the same rules as `client/src/safety.ts`.

Other than the server, both see the element, and where the page comes from.
"""

import re
from typing import Any

from pycommunicate.protocol import css
from pycommunicate.protocol._names import ELEMENTS, RULES, RULES_OF, UNREAD, UNWRITTEN
from pycommunicate.protocol.addresses import problem
from pycommunicate.protocol.safety import refused_value, text_of
from pycommunicate.testing.dom.node import Element

_STYLE = re.compile(r"[-A-Za-z0-9_]+")


def refuses_property(name: str) -> bool:
    """Whether a property of that name may not even be read."""
    return name.lower().startswith(("on", "__")) or _local(name) in UNREAD


def refuses_tag(tag: str) -> bool:
    """Whether no operation creates such an element, nor anything inside of one."""
    return _local(tag) in ELEMENTS


def refuses_url(url: str) -> bool:
    """Whether the page may not be led there."""
    return problem(url) is not None


def refuses_style(name: str, value: str | None, origin: str) -> bool:
    """Whether a style may not be set: it would load from elsewhere."""
    return _STYLE.fullmatch(name) is None or css.refused(f"{name}:{value or ''}", origin) is not None


def refuses(element: Element, name: str, value: Any, origin: str, *, is_property: bool = False) -> bool:
    """Whether `value` must not be written to the attribute or property `name` of `element`."""
    local = _local(name)
    if local.startswith("on") or (is_property and (refuses_property(name) or local in UNWRITTEN)):
        return True
    rule = RULES_OF.get(_local(element.name), {}).get(local) or RULES.get(local)
    if rule is None or rule == "refuse" or value is None:
        return rule == "refuse"
    return refused_value(rule, text_of(value), origin) is not None


def _local(name: str) -> str:
    return name.lower().rpartition(":")[2]
