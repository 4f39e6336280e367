"""HTTP/1.1 as a stranger sends it: heads, bodies and answers, for both engines' servers."""
