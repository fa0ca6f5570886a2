"""005010X231A1: the implementation acknowledgment (999)."""

from interchange.x12.grammar import Guide, loop, segment
from interchange.x12.guides.rows import QUALIFIERS, SE, st

_SET_CODES = "1,2,3,4,5,6,7,8,9,10,11,12,13,15,16,17,18,19,23,24,25,26,27,I5,I6"
_GROUP_CODES = "1,2,3,4,5,6,10,11,12,13,14,15,16,17,18,19,23,24,25,26"
_ELEMENT_CODES = "1,2,3,4,5,6,7,8,9,10,11,12,13,I6,I9,I10,I11,I12,I13"
_CONTEXT = segment("CTX", "S", 10, "!(!AN35;?AN35)x10 ?AN2-3 ?N10 ?AN6 ?(!N2;?N2;?N4) ?(!AN4;?AN4)")

GUIDE = Guide(
    "005010X231A1",
    "999",
    loop(
        "ST",
        "R",
        1,
        st("999"),
        segment("AK1", "R", 1, "!AN2-2 !N9 ?AN12"),
        loop(
            "2000",
            "S",
            0,
            segment("AK2", "R", 1, "!AN3-3 !AN4-9 ?AN35"),
            loop(
                "2100",
                "S",
                0,
                segment("IK3", "R", 1, "!AN2-3 !N10 ?AN6 ?=1,2,3,4,5,6,7,8,I4,I6,I7,I8,I9"),
                _CONTEXT,
                loop(
                    "2110",
                    "S",
                    0,
                    segment("IK4", "R", 1, f"!(!N2;?N2;?N4) ?N4 !={_ELEMENT_CODES} ?AN99"),
                    _CONTEXT,
                ),
            ),
            segment("IK5", "R", 1, "!=A,E,M,R,W,X" + f" ?={_SET_CODES}" * 5),
        ),
        segment("AK9", "R", 1, "!=A,E,M,P,R,W,X !N6 !N6 !N6" + f" ?={_GROUP_CODES}" * 5),
        SE,
    ),
    qualifiers=QUALIFIERS,
)
