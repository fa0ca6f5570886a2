"""Rows that many guides share: described once here, named by the guides' tables."""

from interchange.x12.grammar import SegmentRule, segment

QUALIFIERS = {
    "HL": 3,
    "NM1": 1,
    "N1": 1,
    "REF": 1,
    "DTP": 1,
    "DTM": 1,
    "AMT": 1,
    "QTY": 1,
    "HI": 1,
    "CRC": 1,
    "TRN": 1,
}
"""The element that tells two rows of one segment id apart."""

RELATIONSHIP = "01,18,19,20,21,39,40,53,G8"
RESPONSIBILITY = "A,B,C,D,E,F,G,H,P,S,T,U"
FILING_INDICATOR = "11,12,13,14,15,16,17,AM,BL,CH,CI,DS,FI,HM,LM,MA,MB,MC,OF,TV,VA,WC,ZZ"
SECONDARY_TYPE = "12,13,14,15,16,41,42,43,47"

SE = segment("SE", "R", 1, "!N10 !AN4-9")
N3 = segment("N3", "R", 1, "!AN55 ?AN55")
N4 = segment("N4", "R", 1, "!AN2-30 ?AN2-2 ?AN3-15 ?AN2-3 - - ?AN1-3", "C0704")
N3_MAYBE = segment("N3", "S", 1, "!AN55 ?AN55")
N4_MAYBE = segment("N4", "S", 1, "!AN2-30 ?AN2-2 ?AN3-15 ?AN2-3 - - ?AN1-3", "C0704")


def st(transaction: str, *, version_required: bool = True) -> SegmentRule:
    """ST of a transaction set."""
    return segment("ST", "R", 1, f"!={transaction} !AN4-9 {'!' if version_required else '?'}AN1-35")


def hl(level: str, *, parent: bool = True, child: str = "0,1") -> SegmentRule:
    """HL of one level: HL03 names it, HL04 says whether children follow."""
    return segment("HL", "R", 1, f"!N12 {'!N12' if parent else '-'} !={level} {'!=' + child if child else '?=0,1'}")


def ref(codes: str, usage: str = "S", max_use: int = 1) -> SegmentRule:
    """REF with a value of at most 50 characters."""
    return segment("REF", usage, max_use, f"!={codes} !AN50 - -")


def ref_of_payer(codes: str, max_use: int = 1) -> SegmentRule:
    """REF that may say whose number it is (REF04, payer id)."""
    return segment("REF", "S", max_use, f"!={codes} !AN50 - ?(!=2U;!AN50;-;-;-;-)")


def dtp(codes: str, usage: str = "S", max_use: int = 1, forms: str = "D8") -> SegmentRule:
    """DTP: a date, or a span of dates when RD8 is among the forms."""
    if forms == "D8":
        return segment("DTP", usage, max_use, f"!={codes} !=D8 !DT8")
    return segment("DTP", usage, max_use, f"!={codes} !={forms} !PD", "F0203")


def amt(codes: str, usage: str = "S", max_use: int = 1) -> SegmentRule:
    """AMT: an amount with its meaning."""
    return segment("AMT", usage, max_use, f"!={codes} !R18 -")


def qty(codes: str, usage: str = "S", max_use: int = 1) -> SegmentRule:
    """QTY: a count with its meaning."""
    return segment("QTY", usage, max_use, f"!={codes} !R15 - -")


def per(usage: str, max_use: int, codes: str = "IC", numbers: str = "TE,FX,EM,EX,UR") -> SegmentRule:
    """PER: a contact with up to three numbers."""
    return segment(
        "PER",
        usage,
        max_use,
        f"!={codes} ?AN60 ?={numbers} ?AN256 ?={numbers} ?AN256 ?={numbers} ?AN256 -",
        "P0304 P0506 P0708",
    )


PER_TELEPHONE = segment("PER", "S", 1, "!=IC ?AN60 !=TE !AN256 ?=EX ?AN256 - - -", "P0506")
"""A contact that has a telephone and its extension, and no other number"""


def nm1(
    role: str,
    kinds: str = "1,2",
    ids: str = "",
    *,
    named: str = "!",
    id_usage: str = "?",
    usage: str = "R",
    max_use: int = 1,
    suffixed: bool = True,
) -> SegmentRule:
    """NM1: a party. `named` is the usage of NM103, `id_usage` that of NM108 and NM109; `suffixed` False forbids NM106
    and NM107."""
    affixes = "?AN10 ?AN10" if suffixed else "- -"
    name = f"{named}AN60 ?AN35 ?AN25 {affixes}" if named != "-" else "- - - - -"
    number = f"{id_usage}={ids} {id_usage}AN2-80" if ids else "- -"
    return segment("NM1", usage, max_use, f"!={role} !={kinds} {name} {number} - - -", "P0809" if ids else "")


def cas(groups: str, max_use: int) -> SegmentRule:
    """CAS: a group code and up to six triplets of reason, amount and quantity."""
    triplets = "!AN5 !R18 ?R15" + " ?AN5 ?R18 ?R15" * 5
    rules = " ".join(
        f"L{at:02d}{at + 1:02d}{at + 2:02d} C{at + 1:02d}{at:02d} C{at + 2:02d}{at:02d}" for at in (5, 8, 11, 14, 17)
    )
    return segment("CAS", "S", max_use, f"!={groups} {triplets}", rules)


def procedure(kinds: str, usage: str = "!", *, described: bool = True) -> str:
    """The composite of a procedure code with up to four modifiers."""
    tail = "?AN80" if described else "-"
    return f"{usage}(!={kinds};!AN48;?AN2-2;?AN2-2;?AN2-2;?AN2-2;{tail};-)"
