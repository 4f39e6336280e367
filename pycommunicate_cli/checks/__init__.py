"""The checks of `pycommunicate doctor`."""
