"""Handles for what is in the browser: the document, its elements, their events."""
