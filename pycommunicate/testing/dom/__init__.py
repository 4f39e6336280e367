"""The document of a simulated browser: elements with the state that a browser keeps beside their attributes."""
