"""One page and its connection: what goes out, what comes in, what is asked."""
