"""What `user.session` is kept in: `MemorySessions` (the default), `FileSessions`, or a store of your own (`SessionStore`)."""

from pycommunicate.sessions.file import FileSessions
from pycommunicate.sessions.memory import MemorySessions
from pycommunicate.sessions.session import Session
from pycommunicate.sessions.store import Kept, SessionStore

__all__ = ["FileSessions", "Kept", "MemorySessions", "Session", "SessionStore"]
