"""The room: what was said last, and who is there. In memory, so a restart empties it."""

from collections import Counter, deque
from datetime import datetime
from itertools import count


class Room:
    def __init__(self, keep: int = 100) -> None:
        self.recent: deque[dict] = deque(maxlen=keep)
        self.here: Counter[str] = Counter()
        """How many pages each visitor has open."""
        self._numbers = count(1)

    def say(self, author: str, name: str, text: str) -> dict:
        """Keep a message, and return it as it goes to the pages."""
        now = datetime.now().astimezone()
        message = {"number": next(self._numbers), "author": author, "name": name, "text": text, "time": now.isoformat("T", "minutes")}
        self.recent.append(message)
        return message

    def enter(self, visitor: str) -> None:
        self.here[visitor] += 1

    def leave(self, visitor: str) -> None:
        self.here[visitor] -= 1
        if self.here[visitor] <= 0:
            del self.here[visitor]


room = Room()
