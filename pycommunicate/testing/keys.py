"""Keys, as Playwright and UI Events name them: `a`, `Enter`, `Control+Shift+K`."""

_MODIFIERS = {"Alt": "alt", "Control": "ctrl", "Ctrl": "ctrl", "Meta": "meta", "Shift": "shift"}
KEY_OF = {"alt": "Alt", "ctrl": "Control", "meta": "Meta", "shift": "Shift"}
"""The key behind each modifier."""
_NAMES = {"Space": " ", "Esc": "Escape", "Return": "Enter"}
_PUNCTUATION = {
    " ": "Space", "-": "Minus", "=": "Equal", "[": "BracketLeft", "]": "BracketRight", "\\": "Backslash", ";": "Semicolon",
    "'": "Quote", "`": "Backquote", ",": "Comma", ".": "Period", "/": "Slash",
}  # fmt: skip


def split_keys(keys: str) -> tuple[str, list[str]]:
    """Return the key and the modifiers of `Control+Enter`."""
    *held, key = keys.split("+") if len(keys) > 1 else [keys]
    if not key:  # "Control++"
        held, key = [name for name in held if name], "+"
    unknown = [name for name in held if name not in _MODIFIERS]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no modifier; expected one of {', '.join(_MODIFIERS)}")
    return _NAMES.get(key, key), [_MODIFIERS[name] for name in held]


def code_of(key: str) -> str:
    """Return the physical key, on an English keyboard."""
    if key in KEY_OF.values():
        return f"{key}Left"
    if len(key) > 1:
        return key
    if key.isascii() and key.isalpha():
        return f"Key{key.upper()}"
    return f"Digit{key}" if key.isascii() and key.isdigit() else _PUNCTUATION.get(key, "")
