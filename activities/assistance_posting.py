"""What help with the bill takes off a visit: looked at in every step that may move the patient's share, so that a
share that comes later is helped with too, and one that a payer takes back gives its help back."""

from activities.desk import Desk
from billing.assistance import Help, kept_by_patient, spread
from billing.ledger import Account, Balances, Entry, EntryKind, transfer
from billing.money import Cents, format_dollars
from database import assistance
from database.tables import AssistanceApplication, Encounter


def take_off(desk: Desk) -> None:
    """Make what was taken off what the best help that covers the visit says; nothing where it is so already."""
    owned = assistance.shares(desk.session, desk.encounter, desk.balances)
    before = assistance.standing(desk.session, desk.encounter) if _has_help(desk.balances) else {}
    if not owned and not before:
        return
    found = best(desk, owned)
    after = {(found[0].id, line): cents for line, cents in found[1].items()} if found else {}
    changes = {key: after.get(key, 0) - before.get(key, 0) for key in dict.fromkeys((*before, *after))}
    sides = [
        side
        for (application, line), cents in changes.items()
        for side in transfer(
            Account.ADJUSTMENT_ASSISTANCE, Account.AR_PATIENT, Cents(cents), line_id=line, detail=application
        )
        if cents
    ]
    if not sides:
        return
    source = f"assistance:{desk.encounter.id}:{desk.encounter.version}:{desk.ordinal()}"
    actor = (found[0].decided_by if found else None) or "office"
    desk.post([Entry(EntryKind.ASSISTANCE, source, tuple(sides), desk.encounter.service_date)], actor=actor)
    total = sum(changes.values())
    words = "taken off: help with the bill was granted" if total > 0 else "of help with the bill is owed again"
    desk.say(f"{format_dollars(abs(total))} {words}")


def _has_help(balances: Balances) -> bool:
    return bool(balances.lines(Account.ADJUSTMENT_ASSISTANCE))


def best(desk: Desk, owned: dict[str | None, int]) -> tuple[AssistanceApplication, dict[str | None, Cents]] | None:
    """The application that takes the most off, and how much off each line; None: none covers the visit."""
    found: tuple[AssistanceApplication, dict[str | None, Cents]] | None = None
    for row in assistance.granted_for(desk.session, desk.encounter) if owned else []:
        given = assistance.help_of(row)
        assert given is not None, "what was granted says how much"
        parts = taken_off(given, owned, desk.encounter, agb_basis_points=row.agb_basis_points)
        if parts and (found is None or sum(parts.values()) > sum(found[1].values())):
            found = (row, parts)
    return found


def taken_off(
    given: Help, owned: dict[str | None, int], encounter: Encounter, *, agb_basis_points: int
) -> dict[str | None, Cents]:
    """What help takes off each line of a visit. `owned`: the patient's share of each."""
    whole = sum(owned.values())
    kept = kept_by_patient(given, whole, charge_cents=encounter.charge_cents, agb_basis_points=agb_basis_points)
    return spread(whole - kept, owned)
