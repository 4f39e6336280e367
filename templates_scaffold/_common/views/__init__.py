"""What the pages show, and what happens in them."""
