"""Hot reload of a project's Python: what reads its files, remembers the code that runs, and brings living code up to date."""
