"""The routes. Every module in this package is imported at the start, and what is decorated with `@route` is served."""
