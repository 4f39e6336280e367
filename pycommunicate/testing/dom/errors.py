"""What goes wrong with one operation, as the server is told."""

from typing import Literal

Code = Literal["gone", "invalid_selector", "refused", "too_large", "policy", "failed"]


class OperationError(Exception):
    """An operation could not be carried out."""

    def __init__(self, code: Code, sentence: str = "") -> None:
        super().__init__(sentence or code)
        self.code = code
