r"""USVString (https://webidl.spec.whatwg.org/#idl-USVString): text that any encoding of Unicode can carry.

JSON can say `"\ud800"`, half a character. No file, page or header can hold it: what keeps it fails later, for everybody who is shown it.
"""


def usv_string(text: str) -> str:
    """Return `text` with U+FFFD in the place of each surrogate that has no other half. Linear; ASCII costs nothing."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
