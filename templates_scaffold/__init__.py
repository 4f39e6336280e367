"""What `pycommunicate new` writes: data only. README.md has the rules."""
