"""Tables that server, client and simulated browser share, made from one file: `python3 dev.py wire` writes them.

`pycommunicate/protocol/names.json` is the file. Neither side reads it when it runs: Python imports `_names.py`, the client is bundled
with `names.ts`. Both are checked in; tests/contract/test_tables.py says that they are what this module makes.
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

NAMES: Final = Path("pycommunicate/protocol/names.json")
NOTE: Final = "Made from pycommunicate/protocol/names.json by `python3 dev.py wire`. Change that file, not this one."
RULES: Final = ("refuse", "url", "own", "srcset", "css", "allow")
PREFIXES: Final = {"on*", "__*"}
"""Names that begin so are matched in the code of each side."""


def made(root: Path) -> dict[Path, str]:
    """Return the files of the project at `root` that are made, each with its text."""
    names = Names(json.loads((root / NAMES).read_text("utf-8"))["rows"])
    return {
        root / "pycommunicate" / "protocol" / "_names.py": names.python(),
        root / "client" / "src" / "names.ts": names.typescript(),
    }


def write(root: Path) -> list[Path]:
    """Write what differs, and return it."""
    changed = [path for path, text in made(root).items() if not path.exists() or path.read_text("utf-8") != text]
    for path in changed:
        path.write_text(made(root)[path], "utf-8", newline="\n")
    return changed


class Names:
    """The rows of names.json that are enforced, by what they ask of whom."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.elements: set[str] = set()
        """Elements that no operation creates."""
        self.unread: set[str] = set()
        """Properties that may be neither read nor written."""
        self.unwritten: set[str] = set()
        """Properties that may not be written; an attribute of that name may."""
        self.rules: dict[str, str] = {}
        """The rule of a name, whatever the element."""
        self.of: dict[str, dict[str, str]] = defaultdict(dict)
        """The rules of names on an element: element, name, rule."""
        for row in rows:
            if row.get("enforced", True) and row["rule"] != "allow":
                self._take(row)

    def _take(self, row: dict[str, Any]) -> None:
        if row["rule"] not in RULES:
            message = f"{NAMES}: the row {row['id']} has the rule {row['rule']!r}; expected one of {', '.join(RULES)}"
            raise ValueError(message)
        on = [_local(one).lower() for one in row["on"]]
        names = [name.lower() for name in row["names"] if name not in {"(element)", *PREFIXES}]
        if "(element)" in row["names"]:
            self.elements.update(on)
        if "read" in row["via"]:
            self.unread.update(names)
        elif "attribute" not in row["via"]:
            self.unwritten.update(names)
        elif row["by"] == "name":
            self.rules.update({_local(name): row["rule"] for name in names})
        else:
            for one in on:
                self.of[one].update({_local(name): row["rule"] for name in names})

    def python(self) -> str:
        """Return the text of `_names.py`."""
        of = {element: dict(sorted(self.of[element].items())) for element in sorted(self.of)}
        return "\n".join(
            [
                f'"""{NOTE}"""',
                "",
                "from typing import Final",
                "",
                *_frozenset("ELEMENTS", self.elements),
                *_frozenset("UNREAD", self.unread),
                *_frozenset("UNWRITTEN", self.unwritten),
                *_dict("RULES: Final[dict[str, str]]", dict(sorted(self.rules.items()))),
                "RULES_OF: Final[dict[str, dict[str, str]]] = {",
                *(f"    {line}" for element, rules in of.items() for line in _entry(element, rules)),
                "}",
                "",
            ]
        )

    def typescript(self) -> str:
        """Return the text of `names.ts`: words in strings, which compress best."""
        groups: dict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
        for name, rule in self.rules.items():
            groups[rule, ()].add(name)
        by_element: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
        for element in sorted(self.of):
            for rule in sorted(set(self.of[element].values())):
                names = tuple(sorted(name for name, one in self.of[element].items() if one == rule))
                by_element[rule, names].append(element)
        lines = [
            f"  [{json.dumps(rule)}, {json.dumps(' '.join(sorted(names)))}],"
            for (rule, _), names in sorted(groups.items())
        ]
        lines += [
            f"  [{json.dumps(rule)}, {json.dumps(' '.join(names))}, {json.dumps(' '.join(elements))}],"
            for (rule, names), elements in sorted(by_element.items())
        ]
        return "\n".join(
            [
                f"// {NOTE}",
                "",
                f"export const ELEMENTS = {json.dumps(' '.join(sorted(self.elements)))};",
                f"export const UNREAD = {json.dumps(' '.join(sorted(self.unread)))};",
                f"export const UNWRITTEN = {json.dumps(' '.join(sorted(self.unwritten)))};",
                "export const RULES: readonly (readonly [rule: string, names: string, elements?: string])[] = [",
                *lines,
                "];",
                "",
            ]
        )


def _local(name: str) -> str:
    """What follows the prefix: a name is looked up by that."""
    return name.rpartition(":")[2]


def _frozenset(name: str, words: set[str]) -> list[str]:
    return [f"{name}: Final = frozenset(", "    {", *(f'        "{word}",' for word in sorted(words)), "    }", ")"]


def _dict(name: str, pairs: dict[str, str]) -> list[str]:
    return [f"{name} = {{", *(f'    "{key}": "{value}",' for key, value in pairs.items()), "}"]


def _entry(element: str, rules: dict[str, str]) -> list[str]:
    line = f'"{element}": {{' + ", ".join(f'"{name}": "{rule}"' for name, rule in rules.items()) + "},"
    if len(line) <= 116:
        return [line]
    return [f'"{element}": {{', *(f'    "{name}": "{rule}",' for name, rule in rules.items()), "},"]
