"""CMS's files of rules, in the layouts that CMS publishes, with codes that nobody licenses (HCPCS level II)."""

import io
from datetime import date
from decimal import Decimal

import pytest

from billing.coding_rules import (
    AddOn,
    CodePair,
    CodeRange,
    CountedBy,
    Exclusion,
    Indicators,
    ProviderFacts,
    RuleKind,
    UnitLimit,
)
from billing.relative_values import Locality, RelativeValue
from interchange import rule_files, tabular_list
from interchange.code_files import BadLine, PassedOver
from tests.billing.fee_schedules import LOCALITIES, MIAMI, RELATIVE_VALUES, row

PAIRS = (
    "CPT only copyright 2026 American Medical Association.  All rights reserved.\r\n"
    "Column1/Column2 Edits\r\n"
    "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\r\n"
    "\t\tprior to 1996\tDate\tDate\t0=not allowed\t\r\n"
    "\t\t\t\t*=no data\t1=allowed\t\r\n"
    "\t\t\t\t\t9=not applicable\t\r\n"
    "G0101\tG0102\t\t20200101\t*\t1\tStandards of practice\r\n"
    "G0101\tG0103\t*\t19960101\t20191231\t0\tMore extensive procedure\r\n"
)
UNITS = (
    '"CPT codes only copyright AMA,\nall rights reserved"\n'
    '"HCPCS/\nCPT Code",Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\n'
    "G0101,1,2 Date of Service Edit: Policy,Nature of Service/Procedure\n"
    "J1885,8,3 Date of Service Edit: Clinical,Clinical: Data\n"
    "A4550,3,1 Line Edit,Clinical: CMS Workgroup\n"
)
ADD_ONS = (
    "Copyright AMA\t\t\t\t\t\t\t\n"
    "AOC_Edit_Type\tAdd-On_Code\tAOC_DelDT\tPrimary_Code\tPrimary_Code_DelDT\tAOC_Edit_EffDT\tAOC_Edit_DelDT\tNotes\n"
    "1\tG0505\t\tG0101\t\t2018001\t\t\n"
    "2\tG0506\t\tCCCCC\t\t2018001\t\tContractor Defined\n"
    "3\tG0507\t2024366\tG0102\t\t2018001\t2025091\t\n"
)
FEES = (
    ",,2026 National Physician Fee Schedule Relative Value File,,,,,,,,,,,,,,,,,,,,,,,\n"
    ",,,STATUS,MEDICARE,WORK,NON-FAC,NA,FACILITY,NA,MP,NON-FAC,FACILITY,PCTC,GLOB,PRE,INTRA,POST,MULT,BILAT,ASST\n"
    "HCPCS,MOD,DESCRIPTION,CODE,PAYMENT,RVU,PE RVU,INDICATOR,PE RVU,INDICATOR,RVU,TOTAL,TOTAL,IND,DAYS,OP,OP,OP,PROC,"
    "SURG,SURG\n"
    'G0101,,"words, in quotes",A,,0.45,0.6,,0.3,,0.04,1.09,0.79,0,XXX,0,0,0,0,3,0\n'
    "G0101,26,words,A,,0.45,0.6,,0.3,,0.04,1.09,0.79,1,XXX,0,0,0,0,3,0\n"
)
NPPES = (
    '"NPI","Entity Type Code","NPI Deactivation Date","NPI Reactivation Date"\n'
    '"1999999984","2","",""\n'
    '"1999999976","","01/31/2026","02/28/2026"\n'
)


def read(text: str, kind: RuleKind) -> list[rule_files.Read]:
    return list(rule_files.read(io.StringIO(text, newline=""), kind))


def test_pairs_with_titles_over_six_lines() -> None:
    assert read(PAIRS, RuleKind.PAIRS) == [
        CodePair("G0101", "G0102", "1", date(2020, 1, 1), None),
        CodePair("G0101", "G0103", "0", date(1996, 1, 1), date(2019, 12, 31)),
    ]


def test_unit_limits_with_a_licence_before_them() -> None:
    assert read(UNITS, RuleKind.UNITS) == [
        UnitLimit("G0101", 1, CountedBy.DAY_ABSOLUTE),
        UnitLimit("J1885", 8, CountedBy.DAY),
        UnitLimit("A4550", 3, CountedBy.LINE),
    ]


def test_add_ons_with_days_of_the_year() -> None:
    assert read(ADD_ONS, RuleKind.ADD_ONS) == [
        AddOn("G0505", "1", "G0101", date(2018, 1, 1), None),
        AddOn("G0506", "2", "CCCCC", date(2018, 1, 1), None),
        AddOn("G0507", "3", "G0102", date(2018, 1, 1), date(2024, 12, 31)),
    ]


def test_the_fee_schedule_without_its_modifier_rows() -> None:
    assert read(FEES, RuleKind.FEE_SCHEDULE) == [
        Indicators("G0101", "A", "0", "XXX", "0", "3"),
        PassedOver(5, "row with a modifier"),
    ]


def test_providers_by_the_names_of_the_columns() -> None:
    assert read(NPPES, RuleKind.PROVIDERS) == [
        ProviderFacts("1999999984", False, None, None),
        ProviderFacts("1999999976", None, date(2026, 1, 31), date(2026, 2, 28)),
    ]


def test_relative_values_with_their_modifier_rows() -> None:
    found = read(RELATIVE_VALUES, RuleKind.RELATIVE_VALUES)
    assert len(found) == 12
    assert found[1] == RelativeValue(
        procedure="G0001",
        modifier="26",
        status="A",
        work=Decimal("0.50"),
        practice_elsewhere=Decimal("0.40"),
        practice_in_facility=Decimal("0.40"),
        malpractice=Decimal("0.05"),
        multiple="0",
        bilateral="0",
        assistant="9",
        co_surgeon="9",
        endoscopic_base="",
        conversion_factor=Decimal("33.4009"),
    )


def test_relative_values_with_the_column_that_2026_puts_before_the_base() -> None:
    titles, *rows = RELATIVE_VALUES.splitlines()
    moved = [titles.replace("SURG,BASE", "SURG,IND,BASE")]
    moved += [",".join([*cells[:23], "9", *cells[23:]]) for cells in (one.split(",") for one in rows)]
    assert read("\n".join(moved), RuleKind.RELATIVE_VALUES) == read(RELATIVE_VALUES, RuleKind.RELATIVE_VALUES)


def test_localities_with_the_floor_of_work() -> None:
    assert read(LOCALITIES, RuleKind.LOCALITIES) == [MIAMI]
    footnotes = (
        LOCALITIES.replace("with 1.0 Floor)", "with 1.0 Floor)***").replace("09102", "9102") + ",,,,,,,\n* note,,\n"
    )
    assert read(footnotes, RuleKind.LOCALITIES) == [MIAMI]
    older = LOCALITIES.replace("2026 PW GPCI (without 1.0 Floor),2026 PW GPCI (with 1.0 Floor)", "Note,2026 PW GPCI")
    [found] = read(older, RuleKind.LOCALITIES)
    assert isinstance(found, Locality)
    assert (found.code, str(found.work)) == ("0910204", "1.000")


@pytest.mark.parametrize(
    ("kind", "text", "number"),
    [
        (RuleKind.PAIRS, PAIRS + "G0101\tG0104\t\tsoon\t*\t1\t\r\n", 9),
        (RuleKind.PAIRS, PAIRS + "G0101\tG0104\t\t20200101\t*\t7\t\r\n", 9),
        (RuleKind.UNITS, UNITS + "G0104,many,3 Date,\n", 8),
        (RuleKind.UNITS, UNITS + "G0104,3,9 Date,\n", 8),
        (RuleKind.ADD_ONS, ADD_ONS + "9\tG0505\t\tG0101\t\t2018001\t\t\n", 6),
        (RuleKind.ADD_ONS, "1\tG0505\t\tG0101\n", 1),
        (RuleKind.FEE_SCHEDULE, FEES.replace("GLOB", "X").replace("DAYS", "GLOBAL"), 4),
        (RuleKind.RELATIVE_VALUES, RELATIVE_VALUES + row("G0013", "much", "1", "1", "1"), 14),
        (RuleKind.RELATIVE_VALUES, RELATIVE_VALUES + row("G0013", "-1", "1", "1", "1"), 14),
        (RuleKind.RELATIVE_VALUES, RELATIVE_VALUES + "G0013,,x,A,,1,1,,1,,1,0,0,0,XXX,0,0,0,0,0,0,0\n", 14),
        (RuleKind.RELATIVE_VALUES, RELATIVE_VALUES.replace("BASE", "X", 1).replace("FACTOR", "CONV"), 2),
        (RuleKind.LOCALITIES, LOCALITIES + "09102,FL,five,X,1,1,1,1\n", 4),
        (RuleKind.LOCALITIES, LOCALITIES + "09102,FL,5,X,1,1,0,1\n", 4),
        (RuleKind.LOCALITIES, "a,b\n", 1),
        (RuleKind.PROVIDERS, NPPES + '"123","1","",""\n', 4),
        (RuleKind.PROVIDERS, "a,b\n", 1),
    ],
)
def test_what_should_be_a_rule_and_is_none_is_told_with_its_line(kind: RuleKind, text: str, number: int) -> None:
    bad = [one for one in read(text, kind) if isinstance(one, BadLine)]
    assert [one.number for one in bad] == [number]
    assert bad[0].message


TABULAR = b"""<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.tabular>
 <chapter><name>1</name><desc>Certain infectious diseases (A00-B99)</desc>
  <excludes1><note>certain localized infections - see chapters</note></excludes1>
  <section id="A15-A19"><desc>Tuberculosis (A15-A19)</desc>
   <excludes1><note>congenital tuberculosis (P37.0)</note></excludes1>
   <diag><name>A15</name><desc>Respiratory</desc>
    <excludes1><note>another (E08-E13, J60.-)</note></excludes1>
    <excludes2><note>no matter (Z99)</note></excludes2>
    <diag><name>A15.0</name><excludes1><note>gestational (O24.4-) and (R73.9)</note></excludes1></diag>
   </diag>
  </section>
 </chapter>
</ICD10CM.tabular>"""


def exclusion(first: str, last: str, excluded_first: str, excluded_last: str) -> Exclusion:
    return Exclusion(CodeRange(first, last), CodeRange(excluded_first, excluded_last))


def test_exclusions_of_sections_categories_and_codes() -> None:
    assert sorted(tabular_list.read(io.BytesIO(TABULAR)), key=str) == sorted(
        [
            exclusion("A15", "A19", "P370", "P370"),
            exclusion("A15", "A15", "E08", "E13"),
            exclusion("A15", "A15", "J60", "J60"),
            exclusion("A150", "A150", "O244", "O244"),
            exclusion("A150", "A150", "R739", "R739"),
        ],
        key=str,
    )


def test_what_is_no_xml_is_told() -> None:
    [bad] = tabular_list.read(io.BytesIO(b"no XML"))
    assert isinstance(bad, BadLine)


@pytest.mark.parametrize(
    ("code", "is_in"), [("E08", True), ("E119", True), ("E1399", True), ("E14", False), ("E07", False)]
)
def test_a_range_holds_what_lies_below_its_ends(code: str, is_in: bool) -> None:
    assert (code in CodeRange("E08", "E13")) is is_in
