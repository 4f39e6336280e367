"""Where the project's files are."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
BUNDLE: Final = ROOT / "pycommunicate" / "static" / "client.js"
DEBUG_BUNDLE: Final = BUNDLE.with_name("client-debug.js")
