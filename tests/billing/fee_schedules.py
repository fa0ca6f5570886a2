"""An invented relative value file and locality, in CMS's layout, with codes that nobody licenses."""

import io
from decimal import Decimal

from billing.coding_rules import RuleKind
from billing.contracts import Basis, Contract, InForce, Terms
from billing.relative_values import FeeSchedule, Locality, RelativeValue
from interchange import rule_files
from tests.builders import NOON

RELATIVE_VALUES = (
    "HCPCS,MOD,DESCRIPTION,CODE,PAYMENT,RVU,PE RVU,INDICATOR,PE RVU,INDICATOR,RVU,TOTAL,TOTAL,IND,DAYS,OP,OP,OP,PROC,"
    "SURG,SURG,SURG,SURG,BASE,FACTOR\n"
)
"""The last row of titles"""


def row(
    procedure: str,
    work: str,
    practice: str,
    facility: str,
    malpractice: str,
    *,
    modifier: str = "",
    status: str = "A",
    multiple: str = "0",
    bilateral: str = "0",
    assistant: str = "9",
    co_surgeon: str = "9",
    base: str = "",
) -> str:
    """A row of the file, at the conversion factor of 2026."""
    return (
        f"{procedure},{modifier},words,{status},,{work},{practice},,{facility},,{malpractice},0,0,0,XXX,0,0,0,"
        f"{multiple},{bilateral},{assistant},{co_surgeon},0,{base},33.4009\n"
    )


RELATIVE_VALUES += (
    row("G0001", "1.30", "1.21", "0.53", "0.10")
    + row("G0001", "0.50", "0.40", "0.40", "0.05", modifier="26")
    + row("G0002", "2.00", "2.00", "1.00", "0.20", multiple="2", bilateral="1", assistant="2", co_surgeon="2")
    + row("G0003", "1.00", "1.00", "0.50", "0.10", multiple="2")
    + row("G0005", "", "", "", "", status="B")
    + row("G0006", "", "", "", "", status="C")
    + row("G0007", "0.20", "0.30", "0.30", "0.01", status="T")
    + row("G0008", "1.00", "1.00", "1.00", "0.10", multiple="5")
    + row("G0009", "1.00", "1.00", "0.50", "0.10", bilateral="3")
    + row("G0010", "2", "2", "2", "0.2", multiple="2")
    + row("G0011", "3", "3", "3", "0.3", multiple="3", base="G0010")
    + row("G0012", "2.5", "2.5", "2.5", "0.25", multiple="3", base="G0010")
)

LOCALITIES = (
    "Addendum E\n"
    '"Medicare Administrative Contractor (MAC)",State,Locality Number,Locality Name,2026 PW GPCI (without 1.0 Floor),'
    "2026 PW GPCI (with 1.0 Floor),2026 PE GPCI,2026 MP GPCI\n"
    "09102,FL,4,MIAMI,0.980,1.000,1.050,1.900\n"
)

MIAMI = Locality("09102", "04", "FL", "MIAMI", Decimal("1.000"), Decimal("1.050"), Decimal("1.900"))


def schedule() -> FeeSchedule:
    rows = rule_files.read(io.StringIO(RELATIVE_VALUES), RuleKind.RELATIVE_VALUES)
    values = {(one.procedure, one.modifier): one for one in rows if isinstance(one, RelativeValue)}
    return FeeSchedule("2026A", values, MIAMI)


AS_MEDICARE = Terms(
    Basis.MEDICARE, multiple=tuple(Decimal(one) for one in (100, 50, 50, 50, 50)), bilateral=Decimal(150)
)


def in_force(terms: Terms = AS_MEDICARE, *, loaded: FeeSchedule | None = None, **changes: object) -> InForce:
    contract = Contract("c", "Example 2026", NOON.date().replace(month=1, day=1), None, terms, **changes)  # type: ignore[arg-type]
    return InForce(contract, loaded)
