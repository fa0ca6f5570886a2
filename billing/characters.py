"""Characters that can be sent in X12: the extended set without the delimiters the office writes."""

EXTENDED = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 !\"&'()*+,-./:;?=%@[]_{}\\|<>~#$^`"
)
"""X12's basic and extended character sets (X12.5); accented letters of the extended set are left out"""

DELIMITERS = frozenset("*:^~")
"""Element, component and repetition separators and the segment terminator of our interchanges"""

SENDABLE = EXTENDED - DELIMITERS


def unsendable(text: str | None) -> list[str]:
    """The characters of the text that cannot stand in an element, each once; unseen ones by their number (U+200B)."""
    found = (char for char in dict.fromkeys(text or "") if char not in SENDABLE)
    return [char if char.isprintable() else f"U+{ord(char):04X}" for char in found]
