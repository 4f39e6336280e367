"""What PyInstaller has to know of the library: the entry point `pyinstaller40` leads here.

PyInstaller follows the import statements of a program. It sees neither the names that `pycommunicate` loads when they are used, nor the
driver of the engine, which Engine.IO imports by its name, nor the client's scripts.
"""

from pathlib import Path


def hook_directories() -> list[str]:
    """Return where the hooks are, for PyInstaller."""
    return [str(Path(__file__).parent)]
