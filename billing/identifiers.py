"""Numbers that identify, and how to tell a well-formed one: NPI, MBI, tax id, our own control numbers."""

import hashlib
import re

CONTROL_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32, upper case: legal in X12, safe on paper and on the telephone."""

CONTROL_BODY = 14
"""Random characters of a patient control number (70 bits); a prefix and a check character make it 16 of 20 allowed."""

_MBI = re.compile(
    r"[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y][0-9]"
    r"[AC-HJKMNP-RT-Y]{2}[0-9]{2}"
)


def npi_is_valid(npi: str) -> bool:
    """Ten digits beginning with 1 or 2 whose Luhn sum, with the prefix 80840 counted in, is a multiple of ten."""
    if not re.fullmatch(r"[12][0-9]{9}", npi):
        return False
    total = 24  # the prefix 80840
    for index, digit in enumerate(int(char) for char in npi):
        doubled = digit * 2 if index % 2 == 0 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def mbi_is_valid(member_id: str) -> bool:
    """The eleven characters of a Medicare beneficiary identifier, without dashes; S L O I B Z never occur."""
    return _MBI.fullmatch(member_id) is not None


def tax_id_is_plausible(tax_id: str) -> bool:
    """Nine digits that are no obvious placeholder."""
    digits = tax_id.replace("-", "")
    return bool(re.fullmatch(r"[0-9]{9}", digits)) and digits not in {"000000000", "123456789", "999999999"}


def check_character(body: str) -> str:
    """The weighted sum of the characters modulo 31, as one character: finds every single slip and every swap."""
    total = sum(position * CONTROL_ALPHABET.index(char) for position, char in enumerate(body, start=2))
    return CONTROL_ALPHABET[total % 31]


def control_body(*of_what: str) -> str:
    """CONTROL_BODY characters that say nothing and are always the same for the same ids (SHA-256): a claim that is
    written again from restored books bears the number under which the payer may know it already."""
    digest = hashlib.sha256("\x1f".join(of_what).encode()).digest()
    return "".join(CONTROL_ALPHABET[byte & 31] for byte in digest[:CONTROL_BODY])


def control_number(random_body: str) -> str:
    """Make a patient control number (CLM01) from CONTROL_BODY random characters of CONTROL_ALPHABET."""
    body = "Z" + random_body.upper()
    return body + check_character(body)


def control_number_is_ours(text: str) -> bool:
    """Whether `text` can have come from `control_number`: a slip of the pen is found without asking the database."""
    if len(text) != CONTROL_BODY + 2 or text[0] != "Z" or any(char not in CONTROL_ALPHABET for char in text):
        return False
    return check_character(text[:-1]) == text[-1]


def control_number_within(text: str) -> str | None:
    """Our control number in what a payer made of it: small letters, blanks, zeros before or other characters after, the
    letters O, I and L for the figures that they look like. None: there is none, or several. The check character keeps
    a number from being found by chance.
    """
    plain = re.sub(r"[^0-9A-Z]", "", text.upper()).translate(str.maketrans("OIL", "011"))
    size = CONTROL_BODY + 2
    found = {plain[start : start + size] for start in range(len(plain) - size + 1)}
    ours = [one for one in found if control_number_is_ours(one)]
    return ours[0] if len(ours) == 1 else None
