"""The tabular list, invented and excerpted: codes with their seventh characters, and the other words for them."""

import io
from datetime import date

from billing.code_tables import CodeEntry, CodeSystem, CodeTerm, Edition, TermKind
from interchange import tabular_codes
from interchange.code_files import BadLine

FY2026 = Edition(CodeSystem.ICD10CM, "FY2026", date(2025, 10, 1), date(2026, 9, 30))
HEAD = '<?xml version="1.0" encoding="utf-8"?><ICD10CM.tabular><version>2026</version><chapter><name>19</name><section>'
TAIL = "</section></chapter></ICD10CM.tabular>"
SPRAIN = """
<diag><name>S93</name><desc>Sprain of
    ankle</desc><includes><note>rupture of ligament of ankle</note></includes>
  <sevenChrDef><extension char="A">initial encounter</extension><extension char="S">sequela</extension></sevenChrDef>
  <diag><name>S93.4</name><desc>Sprain of the ankle</desc>
    <inclusionTerm><note>Sprained ankle NOS</note><note>Twisted ankle</note></inclusionTerm></diag>
  <diag><name>S93.5</name><desc>Stiff ankle</desc>
    <sevenChrDef><extension char="0">unspecified</extension></sevenChrDef></diag>
</diag>
<diag><name>I10</name><desc>Hypertension</desc><excludes1><note>another (I15.-)</note></excludes1></diag>
"""


def read(body: str) -> list[CodeEntry | CodeTerm | BadLine]:
    return list(tabular_codes.read(io.BytesIO(body.encode()), FY2026))


def test_codes_come_with_the_seventh_characters_of_the_nearest_place() -> None:
    entries = [one for one in read(HEAD + SPRAIN + TAIL) if isinstance(one, CodeEntry)]
    assert [(one.code, one.long, one.is_billable) for one in entries] == [
        ("S934", "Sprain of the ankle", False),
        ("S934XXA", "Sprain of the ankle, initial encounter", True),
        ("S934XXS", "Sprain of the ankle, sequela", True),
        ("S935", "Stiff ankle", False),
        ("S935XX0", "Stiff ankle, unspecified", True),
        ("S93", "Sprain of ankle", False),
        ("I10", "Hypertension", True),
    ]
    assert {(one.valid_from, one.valid_to) for one in entries} == {(FY2026.valid_from, FY2026.valid_to)}


def test_inclusion_terms_and_includes_notes_are_other_words_and_excludes_are_none() -> None:
    assert [one for one in read(HEAD + SPRAIN + TAIL) if isinstance(one, CodeTerm)] == [
        CodeTerm("S934", "Sprained ankle NOS", TermKind.INCLUSION),
        CodeTerm("S934", "Twisted ankle", TermKind.INCLUSION),
        CodeTerm("S93", "rupture of ligament of ankle", TermKind.INCLUDES),
    ]


def test_who_died_of_a_head_injury_has_no_later_encounter() -> None:
    seventh = (
        '<sevenChrDef><extension char="A">initial</extension><extension char="D">subsequent</extension></sevenChrDef>'
    )
    codes = "".join(f"<diag><name>S06.1X{one}</name><desc>Swelling</desc></diag>" for one in (6, 7, 8))
    found = read(f"{HEAD}<diag><name>S06</name><desc>Injury</desc>{seventh}{codes}</diag>{TAIL}")
    billable = [one.code for one in found if isinstance(one, CodeEntry) and one.is_billable]
    assert billable == ["S061X6A", "S061X6D", "S061X7A", "S061X8A"]


def test_a_file_cut_short_is_told() -> None:
    *codes, last = read(HEAD + SPRAIN)
    assert len(codes) == 10
    assert isinstance(last, BadLine)
    assert "no XML" in last.message
