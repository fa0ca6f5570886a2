"""005010X214: the claim acknowledgment (277CA)."""

from interchange.x12.grammar import Guide, SegmentRule, loop, segment
from interchange.x12.guides.rows import QUALIFIERS, SE, amt, dtp, hl, nm1, qty, ref, st

_STATUS = "(!AN1-3;!AN1-3;?AN2-3;-)"


def _stc(date: str, action: str) -> SegmentRule:
    """STC; `date` is the usage of STC02, `action` the codes of STC03."""
    return segment("STC", "R", 0, f"!{_STATUS} {date}DT8 !={action} ?R18 - - - - - ?{_STATUS} ?{_STATUS} ?AN264")


_LINE = loop(
    "2220D",
    "S",
    0,
    segment("SVC", "R", 1, "!(!=AD,ER,HC,HP,IV,NU,WK;!AN48;?AN2-2;?AN2-2;?AN2-2;?AN2-2;-) !R18 - ?AN48 - - ?R15"),
    segment("STC", "R", 0, f"!{_STATUS} ?DT8 !=U - - - - - - ?{_STATUS} ?{_STATUS} -"),
    ref("FJ"),
    ref("XZ"),
    dtp("472", forms="D8,RD8"),
)

_PATIENT = loop(
    "2000D",
    "S",
    0,
    hl("PT", child=""),
    loop("2100D", "R", 1, nm1("QC", "1", "II,MI")),
    loop(
        "2200D",
        "S",
        0,
        segment("TRN", "R", 1, "!=2 !AN50"),
        _stc("!", "U,WQ"),
        ref("1K"),
        ref("D9"),
        ref("BLT"),
        dtp("472", "R", 1, "D8,RD8"),
        _LINE,
    ),
)

_PROVIDER = loop(
    "2000C",
    "S",
    0,
    hl("19"),
    loop("2100C", "R", 1, nm1("85", "1,2", "FI,SV,XX")),
    loop(
        "2200C",
        "S",
        1,
        segment("TRN", "R", 1, "!=1 !AN50"),
        segment("STC", "S", 0, f"!{_STATUS} ?DT8 !=U,WQ ?R18 - - - - - ?{_STATUS} ?{_STATUS} -"),
        ref("0B,1G,G2,LU,SY,TJ", "S", 3),
        qty("QA"),
        qty("QC"),
        amt("YU"),
        amt("YY"),
    ),
    _PATIENT,
)

GUIDE = Guide(
    "005010X214",
    "277",
    loop(
        "ST",
        "R",
        1,
        st("277"),
        segment("BHT", "R", 1, "!=0085 !=08 !AN50 !DT8 !TM4-8 !=TH"),
        loop(
            "2000A",
            "R",
            0,
            hl("20", parent=False, child="1"),
            loop("2100A", "R", 1, nm1("AY,PR", "2", "46,FI,PI,XV", id_usage="!")),
            loop("2200A", "R", 1, segment("TRN", "R", 1, "!=1 !AN50"), dtp("050", "R"), dtp("009", "R")),
            loop(
                "2000B",
                "R",
                0,
                hl("21"),
                loop("2100B", "R", 1, nm1("41", "1,2", "46", id_usage="!", suffixed=False)),
                loop(
                    "2200B",
                    "R",
                    1,
                    segment("TRN", "R", 1, "!=2 !AN50"),
                    _stc("!", "U,WQ"),
                    qty("90"),
                    qty("AA"),
                    amt("YU"),
                    amt("YY"),
                ),
                _PROVIDER,
            ),
        ),
        SE,
    ),
    qualifiers=QUALIFIERS,
)
