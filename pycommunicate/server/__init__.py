"""What runs on the server: bases to derive from, pages, connections, the application."""
