"""005010X213: a payer's request for additional information about claims (277RFAI)."""

from interchange.x12.grammar import Guide, LoopRule, loop, segment
from interchange.x12.guides.rows import QUALIFIERS, SE, dtp, hl, nm1, per, ref, st

_WANTED = "(!AN30;!AN30;?AN2-3;?=LOI)"
"""Category R and what is wanted: a LOINC code (LOI) or a claim status code"""
_STC = segment("STC", "R", 0, f"!{_WANTED} ?DT8 - ?R18 - - - - - ?{_WANTED} ?{_WANTED} ?AN264")
_N3 = segment("N3", "S", 1, "!AN55 ?AN55")
_N4 = segment("N4", "S", 1, "!AN30 ?AN2-2 ?AN3-15 ?AN2-3 - - ?AN3-3")
_PWK = segment("PWK", "S", 10, "!AN2-2 ?AN1-2 - - ?=AC ?AN2-80 - - -")


def _claim(letter: str) -> LoopRule:
    """One claim that something is wanted for: loop 2200."""
    line = loop(
        f"2220{letter}",
        "S",
        0,
        segment("SVC", "R", 1, "!(!AN2-2;!AN48;?AN2-2;?AN2-2;?AN2-2;?AN2-2;-;-) !R18 ?R18 ?AN48 - - ?R15"),
        _STC,
        ref("FJ"),
        ref("XZ"),
        dtp("472", forms="D8,RD8"),
        dtp("106"),
        _PWK,
    )
    answer_to = loop(f"2210{letter}", "S", 1, segment("NM1", "R", 1, "!AN2-3 !=1,2 ?AN60"), _N3, _N4, per("S", 1))
    return loop(
        f"2200{letter}",
        "R",
        0,
        segment("TRN", "R", 1, "!=1,2 !AN50 - -"),
        _STC,
        *[ref(code) for code in ("1K", "EJ", "BLT", "EA", "D9", "XZ", "G1")],
        dtp("472", forms="D8,RD8"),
        dtp("106"),
        _PWK,
        answer_to,
        line,
    )


_DEPENDENT = loop("2000E", "S", 0, hl("23", child=""), loop("2100E", "R", 1, nm1("QC", "1")), _claim("E"))
_PATIENT = loop(
    "2000D",
    "R",
    0,
    hl("22,PT", child=""),
    loop("2100D", "R", 1, nm1("IL,QC", "1,2", "24,II,MI")),
    _claim("D"),
    _DEPENDENT,
)
_PROVIDER = loop(
    "2000C", "R", 0, hl("19"), loop("2100C", "R", 1, nm1("1P,85", "1,2", "FI,SV,XX"), _N3, _N4, per("S", 1)), _PATIENT
)
_RECEIVER = loop("2000B", "R", 0, hl("21"), loop("2100B", "R", 1, nm1("41", "1,2", "46")), _PROVIDER)
_PAYER = loop("2100A", "R", 1, nm1("PR", "2", "PI,XV"), _N3, _N4, per("S", 2, numbers="ED,EM,EX,FX,TE,UR"))

GUIDE = Guide(
    "005010X213",
    "277",
    loop(
        "ST",
        "R",
        1,
        st("277"),
        segment("BHT", "R", 1, "!=0010,0085 !AN2-2 !AN50 !DT8 ?TM4-8 ?=RQ"),
        loop("2000A", "R", 0, hl("20", parent=False, child="1"), _PAYER, _RECEIVER),
        SE,
    ),
    qualifiers=QUALIFIERS,
)
