"""The entries. They are kept in a JSON file, which is replaced whole at every change."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

import config


@dataclass
class Todo:
    text: str
    done: bool = False


class TodoFile:
    """All entries by their keys, the oldest first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
        self.entries = {key: Todo(**values) for key, values in kept.items()}

    @property
    def left(self) -> int:
        """How many are not done."""
        return sum(not todo.done for todo in self.entries.values())

    def add(self, text: str) -> None:
        self.entries[secrets.token_hex(4)] = Todo(text)
        self._save()

    def tick(self, key: str, done: bool) -> None:
        if key in self.entries:
            self.entries[key].done = done
            self._save()

    def remove(self, key: str) -> None:
        if self.entries.pop(key, None):
            self._save()

    def clear_done(self) -> None:
        self.entries = {key: todo for key, todo in self.entries.items() if not todo.done}
        self._save()

    def _save(self) -> None:
        # Written beside its place and then put there: whole, even if the power fails in between.
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".new")
        entries = {key: asdict(todo) for key, todo in self.entries.items()}
        draft.write_text(json.dumps(entries, indent=1), "ascii")
        draft.replace(self.path)


todos = TodoFile(config.DATA / "todos.json")
