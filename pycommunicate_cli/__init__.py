"""The `pycommunicate` command."""
