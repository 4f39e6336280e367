"""Objects that stand for something elsewhere: elements in the browser, the call that is being made."""
