"""PyInstaller's hook for pycommunicate. It runs while a program is packed, never in the program."""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules


def _is_packed(name: str) -> bool:
    """Leave out what only tests import; it would bring pytest and html5lib along."""
    return not name.startswith(("pycommunicate.testing", "pycommunicate.freezing"))


datas = collect_data_files("pycommunicate")
hiddenimports = [
    *collect_submodules("pycommunicate", filter=_is_packed),
    *collect_submodules("engineio.async_drivers", on_error="ignore"),
]
