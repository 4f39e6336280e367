"""What reads a project's files without running them."""
