"""What an application derives its own classes from."""
