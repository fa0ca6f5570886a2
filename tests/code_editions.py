"""Invented editions of code tables, in the layouts that are published, and how they get into an office."""

from collections.abc import Iterable
from datetime import date

from billing.code_tables import CodeEntry, CodeSystem, Edition
from database import codes
from database.engine import Database
from interchange import code_files
from tests.builders import NOON


def order_line(number: int, code: str, is_billable: bool, short: str, long: str = "") -> str:
    """A line of an ICD-10-CM order file."""
    return f"{number:05d} {code:<7} {int(is_billable)} {short:<60} {long or short}"


def hcpcs_line(
    code: str,
    sequence: str,
    kind: str,
    long: str,
    short: str = "",
    *,
    see: Iterable[str] = (),
    added: str = "",
    ended: str = "",
) -> str:
    """A record of the HCPCS quarterly text."""
    references = "".join(f"{one:<5}" for one in see)
    head = f"{code:<5}{sequence}{kind}{long:<80}{short:<28}".ljust(204) + references
    return (head.ljust(268) + f"{added:<8}{'':<8}{ended:<8}").ljust(320)


FY2026 = Edition(CodeSystem.ICD10CM, "FY2026", date(2025, 10, 1), date(2026, 9, 30))
FY2027 = Edition(CodeSystem.ICD10CM, "FY2027", date(2026, 10, 1), date(2027, 9, 30))
Q3 = Edition(CodeSystem.HCPCS, "2026Q3", date(2026, 7, 1), date(2026, 9, 30))
Q4 = Edition(CodeSystem.HCPCS, "2026Q4", date(2026, 10, 1), date(2026, 12, 31))
CPT2026 = Edition(CodeSystem.CPT, "2026", date(2026, 1, 1), date(2026, 12, 31))

_BOTH_YEARS = (
    ("E11", False, "Type 2 diabetes mellitus"),
    ("E1110", True, "Type 2 diabetes mellitus with ketoacidosis without coma"),
    ("E119", True, "Type 2 diabetes mellitus without complications"),
    ("I10", True, "Essential (primary) hypertension"),
    ("J06", False, "Acute upper respiratory infections of multiple and unspecified sites"),
    ("J060", True, "Acute laryngopharyngitis"),
    ("J069", True, "Acute upper respiratory infection, unspecified"),
    ("L705", True, "Acn\u00e9 excori\u00e9e"),
    ("N390", True, "Urinary tract infection, site not specified"),
)
_OLD = (("J068", True, "An invented infection of the old year"),)
_NEW = (("J0681", True, "An invented infection, mild"), ("J0682", True, "An invented infection, severe"))

TEXTS = {
    FY2026: [order_line(number, *row) for number, row in enumerate(sorted(_BOTH_YEARS + _OLD), start=1)],
    FY2027: [order_line(number, *row) for number, row in enumerate(sorted(_BOTH_YEARS + _NEW), start=1)],
    Q3: [
        hcpcs_line("J0001", "00100", "3", "Injection, invented drug", added="20200101"),
        hcpcs_line("J0004", "00100", "3", "Injection, a drug that goes", added="20200101"),
    ],
    Q4: [
        hcpcs_line("J0001", "00100", "3", "Injection, invented drug", added="20200101"),
        hcpcs_line("J0002", "00100", "3", "Old drug", added="20100101", ended="20261015", see=("J0001",)),
        hcpcs_line("J0003", "00100", "3", "Drug of November", added="20261101"),
    ],
    CPT2026: ["code,description", "99213,A visit in our own words"],
}


def load(database: Database, *editions: Edition) -> None:
    """Put these editions in."""
    for edition in editions:
        entries = [one for one in code_files.read(TEXTS[edition], edition) if isinstance(one, CodeEntry)]
        with database.writing() as session:
            codes.load(session, edition, entries, source=f"{edition.name}.txt", at=NOON)
