"""Roles of the office and what each may do. One person may hold many."""

from enum import StrEnum


class Role(StrEnum):
    """Who works a task."""

    FRONT_DESK = "front_desk"
    ELIGIBILITY = "eligibility_specialist"
    AUTHORIZATION = "authorization_specialist"
    CODER = "coder"
    PROVIDER = "provider"
    """Who saw the patient: signs notes, answers coders"""
    CHARGE_REVIEWER = "charge_reviewer"
    BILLER = "biller"
    EDI_ANALYST = "edi_analyst"
    CREDENTIALING = "credentialing"
    """Provider numbers and enrolments"""
    POSTER = "payment_poster"
    DENIALS = "denial_specialist"
    ACCOUNT_REP = "account_representative"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    INTEGRATION = "integration"
    """A program that takes encounters in"""
    CLIENT = "client"
    """Of the practice that a billing company works for: reads its figures, reports and invoices, and nothing else"""


class Permission(StrEnum):
    """What a route asks for."""

    VIEW = "view"
    """See encounters, claims, tasks, the ledger"""
    READ_FIGURES = "read_figures"
    """See the practice's figures, client reports and invoices: sums, no patient"""
    INTAKE = "intake"
    """Create encounters, register patients, book appointments, drop files"""
    WORK = "work"
    """Complete tasks of one's own roles"""
    TAKE_PAYMENT = "take_payment"
    """Take money of patients, count the till"""
    POST_REMITTANCE = "post_remittance"
    """Type in what a payer answered on paper, take payments back, pair the bank's bookings"""
    HOLD = "hold"
    """Place and release holds"""
    APPROVE = "approve"
    """Approve above another role's limit, work any task"""
    SET_UP = "set_up"
    """Change prices, payers and their policies"""
    ENROL = "enrol"
    """Keep who is enrolled for what with which payer"""
    MANAGE_USERS = "manage_users"
    """Say who comes in, with which roles"""
    AUDIT = "audit"
    """Read who saw and changed what, and who may come in"""
    SENSITIVE = "sensitive"
    """See sensitive records without asking, and say which are"""
    DECODE = "decode"
    """Read the engine's encrypted payloads"""
    OPERATE = "operate"
    """Metrics, pending work"""


_EVERYONE = frozenset({Permission.VIEW, Permission.READ_FIGURES})
_WORKER = _EVERYONE | {Permission.WORK, Permission.HOLD}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.FRONT_DESK: _WORKER | {Permission.INTAKE, Permission.TAKE_PAYMENT},
    Role.ELIGIBILITY: _WORKER,
    Role.AUTHORIZATION: _WORKER,
    Role.CODER: _WORKER,
    Role.PROVIDER: _WORKER,
    Role.CHARGE_REVIEWER: _WORKER,
    Role.BILLER: _WORKER | {Permission.INTAKE},
    Role.EDI_ANALYST: _WORKER | {Permission.INTAKE, Permission.OPERATE},
    Role.CREDENTIALING: _WORKER | {Permission.ENROL},
    Role.POSTER: _WORKER | {Permission.TAKE_PAYMENT, Permission.POST_REMITTANCE},
    Role.DENIALS: _WORKER,
    Role.ACCOUNT_REP: _WORKER | {Permission.TAKE_PAYMENT},
    Role.SUPERVISOR: frozenset(Permission),
    Role.AUDITOR: _EVERYONE | {Permission.DECODE, Permission.AUDIT},
    Role.INTEGRATION: frozenset({Permission.INTAKE}),
    Role.CLIENT: frozenset({Permission.READ_FIGURES}),
}


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """All that the roles together may do."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))
