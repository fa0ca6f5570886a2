"""One claim payment and one header of an 835 from their segments: the nouns of `billing.remittance`."""

from datetime import date

from billing.claim import Address, Contact, Name, Party, Reference
from billing.money import Cents
from billing.remittance import Adjustment, ClaimPayment, LinePayment, ProviderAdjustment, Remittance
from interchange.x12 import fields, parties
from interchange.x12.fields import Elements, Unreadable, get, maybe

_MOA_REMARKS = (3, 4, 5, 6, 7)
_MIA_REMARKS = (5, 20, 21, 22, 23)


class OddProviderAdjustment(Unreadable):
    """A PLB has a reason without its amount, or an amount without its reason."""


def read_adjustments(cas: Elements) -> list[Adjustment]:
    """The triplets of one CAS."""
    found = []
    group = get(cas, 1)
    for at in range(2, len(cas), 3):
        if cas[at] or get(cas, at + 1):
            amount, quantity = fields.cents(cas, at + 1), fields.maybe_decimal(cas, at + 2)
            found.append(Adjustment(group, cas[at], amount, quantity))
    return found


def read_payment(rows: list[Elements]) -> ClaimPayment:
    """Build the payment whose segments are `rows`, CLP first. Raises Unreadable when a sum cannot be read."""
    first_line = next((at for at, row in enumerate(rows) if row[0] == "SVC"), len(rows))
    clp = rows[0]
    head = _PaymentHead()
    for row in rows[1:first_line]:
        head.take(row)
    if not get(clp, 1):
        raise Unreadable("CLP", 1, "is empty")
    return ClaimPayment(
        control_number=get(clp, 1),
        status=get(clp, 2),
        charge_cents=fields.cents(clp, 3),
        paid_cents=fields.cents(clp, 4),
        payer_claim_number=maybe(clp, 7),
        patient_responsibility_cents=fields.maybe_cents(clp, 5),
        filing_indicator=maybe(clp, 6),
        place_of_service=maybe(clp, 8),
        frequency=maybe(clp, 9),
        adjustments=tuple(head.adjustments),
        lines=_read_lines(rows[first_line:]),
        patient_name=head.patient_name,
        member_id=head.patient_id or head.insured_id,
        corrected_member_id=head.corrected_id,
        crossover_payer=head.crossover,
        service_from=head.days.get("232"),
        service_to=head.days.get("233"),
        received=head.days.get("050"),
        remarks=tuple(head.remarks),
        references=tuple(head.references),
        rendering_npi=head.rendering_npi,
    )


class _PaymentHead:
    """What stands between CLP and the first SVC."""

    def __init__(self) -> None:
        self.adjustments: list[Adjustment] = []
        self.references: list[Reference] = []
        self.remarks: list[str] = []
        self.days: dict[str, date] = {}
        self.patient_name: Name | None = None
        self.patient_id: str | None = None
        self.insured_id: str | None = None
        self.corrected_id: str | None = None
        self.rendering_npi: str | None = None
        self.crossover: Party | None = None

    def take(self, row: Elements) -> None:
        name = row[0]
        if name == "CAS":
            self.adjustments += read_adjustments(row)
        elif name == "NM1":
            self._take_name(row)
        elif name == "REF":
            self.references.append(Reference(get(row, 1), get(row, 2)))
        elif name == "DTM":
            self.days[get(row, 1)] = fields.day(row, 2)
        elif name in {"MOA", "MIA"}:
            positions = _MOA_REMARKS if name == "MOA" else _MIA_REMARKS
            self.remarks += [get(row, number) for number in positions if get(row, number)]

    def _take_name(self, nm1: Elements) -> None:
        role = get(nm1, 1)
        if role == "QC":
            self.patient_name, self.patient_id = parties.read_name(nm1), maybe(nm1, 9)
        elif role == "IL":
            self.insured_id = maybe(nm1, 9)
        elif role == "74":
            self.corrected_id = maybe(nm1, 9)
        elif role == "82" and get(nm1, 8) == "XX":
            self.rendering_npi = maybe(nm1, 9)
        elif role == "TT":
            self.crossover, _ = parties.read_party([nm1])


def _read_lines(rows: list[Elements]) -> tuple[LinePayment, ...]:
    groups: list[list[Elements]] = []
    for row in rows:
        if row[0] == "SVC":
            groups.append([])
        groups[-1].append(row)
    return tuple(_read_line(group) for group in groups)


def _read_line(rows: list[Elements]) -> LinePayment:
    adjustments: list[Adjustment] = []
    references: list[Reference] = []
    remarks: list[str] = []
    days: dict[str, date] = {}
    allowed: Cents | None = None
    control_number: str | None = None
    for row in rows[1:]:
        name, kind = row[0], get(row, 1)
        if name == "CAS":
            adjustments += read_adjustments(row)
        elif name == "DTM":
            days[kind] = fields.day(row, 2)
        elif name == "REF" and kind == "6R" and control_number is None:
            control_number = maybe(row, 2)
        elif name == "REF":
            references.append(Reference(kind, get(row, 2)))
        elif name == "AMT" and kind == "B6":
            allowed = fields.cents(row, 2)
        elif name == "LQ" and kind == "HE" and get(row, 2):
            remarks.append(get(row, 2))
    svc = rows[0]
    code = get(svc, 1).split(":")
    return LinePayment(
        procedure=code[1] if len(code) > 1 else "",
        charge_cents=fields.cents(svc, 2),
        paid_cents=fields.cents(svc, 3),
        adjustments=tuple(adjustments),
        modifiers=tuple(text for text in code[2:6] if text),
        procedure_qualifier=code[0],
        units=fields.maybe_decimal(svc, 5),
        submitted_procedure=fields.part(get(svc, 6), 2),
        submitted_units=fields.maybe_decimal(svc, 7),
        service_date=days.get("472") or days.get("150"),
        service_date_to=days.get("151"),
        control_number=control_number,
        allowed_cents=allowed,
        remarks=tuple(remarks),
        references=tuple(references),
    )


# The header and the end -------------------------------------------------------------------------------------------


def read_remittance(header: list[tuple[str, Elements]], plb: list[ProviderAdjustment]) -> Remittance:
    """Build the remittance from the segments before the first LX (with their loops) and the provider adjustments.

    Raises Unreadable when BPR or TRN is missing or says nothing usable.
    """
    bpr = _first(header, "BPR")
    trn = _first(header, "TRN")
    if not get(trn, 2):
        raise Unreadable("TRN", 2, "is missing: the payment has no trace number")
    produced = next((row for _, row in header if row[0] == "DTM" and get(row, 1) == "405"), ())
    amount = fields.cents(bpr, 2)
    return Remittance(
        trace=get(trn, 2),
        payer_id=get(trn, 3) or get(bpr, 10),
        paid_cents=amount,
        method=get(bpr, 4),
        handling=get(bpr, 1),
        credit_debit=get(bpr, 3),
        payment_date=fields.day(bpr, 16),
        payer=_read_end(header, "1000A", "PR"),
        payee=_read_end(header, "1000B", "PE"),
        production_date=fields.parse_day(get(produced, 2)) if produced else None,
        provider_adjustments=tuple(plb),
        supplemental_code=maybe(trn, 4),
    )


def read_provider_adjustments(plb: Elements) -> list[ProviderAdjustment]:
    """The pairs of one PLB. Raises OddProviderAdjustment for half a pair."""
    found = []
    for at in range(3, len(plb), 2):
        reason, amount = get(plb, at), get(plb, at + 1)
        if not reason and not amount:
            continue
        if not reason or not amount:
            raise OddProviderAdjustment(
                "PLB", at if not reason else at + 1, "is missing: reasons and amounts come in pairs"
            )
        code, reference = fields.part(reason, 1) or "", fields.part(reason, 2)
        found.append(ProviderAdjustment(get(plb, 1), fields.day(plb, 2), code, reference, fields.cents(plb, at + 1)))
    return found


def _first(header: list[tuple[str, Elements]], name: str) -> Elements:
    found = next((row for _, row in header if row[0] == name), None)
    if found is None:
        raise Unreadable(name, 1, f"is missing: an 835 without {name} cannot be posted")
    return found


def _read_end(header: list[tuple[str, Elements]], loop: str, role: str) -> Party:
    rows = [row for at, row in header if at == loop]
    n1: Elements = next((row for row in rows if row[0] == "N1"), ("N1", role))
    address: Address | None = parties.read_address(rows)
    contacts = [row for row in rows if row[0] == "PER"]
    chosen = next((row for row in contacts if get(row, 1) == "BL"), contacts[0] if contacts else None)
    contact: Contact | None = parties.read_contact(chosen) if chosen else None
    references = tuple(Reference(get(row, 1), get(row, 2)) for row in rows if row[0] == "REF")
    return Party(
        role=role,
        is_person=False,
        name=Name(get(n1, 2)),
        id_qualifier=maybe(n1, 3),
        id=maybe(n1, 4),
        address=address,
        references=references,
        contact=contact,
    )
