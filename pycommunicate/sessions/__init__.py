"""What `user.session` is kept in."""
