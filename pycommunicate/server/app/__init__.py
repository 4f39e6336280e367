"""The application: pages, users, HTTP."""
