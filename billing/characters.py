"""Characters that can be sent in X12: the extended set without the delimiters the office writes."""

EXTENDED = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 !\"&'()*+,-./:;?=%@[]_{}\\|<>~#$^`"
)
"""X12's basic and extended character sets (X12.5); accented letters of the extended set are left out"""

DELIMITERS = frozenset("*:^~")
"""Element, component and repetition separators and the segment terminator of our interchanges"""

SENDABLE = EXTENDED - DELIMITERS


def can_be_sent(text: str | None) -> bool:
    """Whether every character of the text may stand in an element. Nothing to send can be sent."""
    return text is None or SENDABLE.issuperset(text)
