"""What is wrong with a bank's file."""


class BankFileInvalid(ValueError):
    """The file contradicts itself or its form; the message says what and in which line. Nothing of it is taken."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line
