"""What patients read for a service: the practice's own words, or those of the code tables, and the code."""

from sqlmodel import Session

from billing.charges import LONGEST_DESCRIPTION
from billing.claim import Claim
from billing.code_tables import CodeEntry, procedure_use
from database import codes, office


def of_claim(session: Session, claim: Claim, *, practice_id: str) -> list[str]:
    """A text for each line, in order: `Office visit (99213-25)`, or `99213-25` when nobody has words for it.

    The charge master's words go before the claim's own (SV101-7), and those before a loaded table's.
    """
    master = office.charge_master(session, practice_id=practice_id, procedures=[one.procedure for one in claim.lines])
    uses = [procedure_use(claim, number) for number in range(1, len(claim.lines) + 1)]
    tables = codes.tables_for(session, [use for use in uses if use is not None])
    texts = []
    for line, use in zip(claim.lines, uses, strict=True):
        entry = tables.found[use].entry if use is not None else None
        words = master.description_of(line) or line.procedure_description or _of_table(entry)
        code = "-".join((line.called, *line.modifiers))
        texts.append(f"{words} ({code})" if words else code)
    return texts


def _of_table(entry: CodeEntry | None) -> str:
    """The long description, where it fits a line of a statement."""
    if entry is None:
        return ""
    return entry.long if len(entry.long) <= LONGEST_DESCRIPTION else entry.short
