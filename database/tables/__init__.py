"""Every table of the office. Importing this package registers them all on one metadata.

No `from __future__ import annotations` here: SQLModel reads the annotations at run time.
"""

from database.tables.access import (
    AuditEvent,
    Command,
    HalfSignIn,
    ProviderSignIn,
    SearchText,
    SecondFactor,
    TaskForm,
    Token,
    User,
    WebSession,
)
from database.tables.accounts import AccountHold, BalanceItem, InstalmentPlan, PatientAccount
from database.tables.agencies import Agency, AgencyFile, Placement, PlacementEvent
from database.tables.appeals import Appeal, Packet
from database.tables.appointments import Appointment, CoverageCheck
from database.tables.assistance import AssistanceApplication, AssistanceScale, PovertyGuideline
from database.tables.attachments import Attachment
from database.tables.authorizations import AuthorizationRow, AuthorizationRuleRow
from database.tables.bank import AgedCashOpening, BankMovement
from database.tables.cash import Deposit, TillClose
from database.tables.codes import Code, CodeEditionRow, CodeTermRow
from database.tables.contracts import ContractRateRow, ContractRow, ExpectedLine
from database.tables.coverages import OtherPolicy
from database.tables.daily_figures import DayFigureRow, FigureReader
from database.tables.documents import Letter
from database.tables.edit_runs import EditRun, PracticeEditRow
from database.tables.encounters import (
    AgendaEntry,
    Amendment,
    Benefits,
    Encounter,
    Fact,
    Line,
    Patient,
    PatientAlias,
    PatientPayment,
    Submission,
    Task,
    TimelineEvent,
)
from database.tables.enrolments import EnrolmentRow
from database.tables.estimates import EstimateRow
from database.tables.fees import FeeAgreement, FeeInvoice, FeeInvoiceLine
from database.tables.kept_cards import InstalmentCharge, KeptCard
from database.tables.ledger import Journal, Posting
from database.tables.lockbox import LockboxBatch, LockboxCheque
from database.tables.messages import Batch, ControlSequence, InboundMessage, Inquiry, Outbox, PartnerFile
from database.tables.moves import ControlNumberAlias, Move, MovedPatientRow, MovedVisitRow, PaymentPlan
from database.tables.noncoverage import NoticeRow, NoticeRuleRow
from database.tables.notes import Note, Question
from database.tables.office import BillingEntity, Charge, Location, Partner, Payer, Policy, Practice, Provider
from database.tables.paying import (
    AccountReceipt,
    CardPayout,
    CardPayoutLine,
    CardRefund,
    Checkout,
    PayLink,
    PaySession,
    ProcessorEvent,
)
from database.tables.periods import PeriodClose
from database.tables.prompt_pay import PromptPayOffer
from database.tables.provider_adjustments import ProviderAdjustmentRow
from database.tables.recoveries import RecoveryNotice
from database.tables.registration import CameOfAge, ConsentRow, HeldPolicyRow, MedicareAnswersRow, PatientMerge
from database.tables.remittances import Denial, RemittanceClaim, RemittanceFile
from database.tables.requests import CallRow, InformationRequest
from database.tables.rules import (
    AddOnRow,
    CodePairRow,
    ExclusionRow,
    FeeScheduleRow,
    LocalityRow,
    ProviderFactRow,
    RelativeValueRow,
    RuleEditionRow,
    UnitLimitRow,
)
from database.tables.sending import Resubmission, ResubmissionItem, SendingHold, SendingPlanRow, SendingRequest
from database.tables.sensitive import BrokenGlass, SensitiveRecord, SensitiveViewer
from database.tables.sent import PatientNumber, SentWordRow, VisitMemberId, VisitNumber
from database.tables.sheets import RefusedRow, SheetMappingRow, SheetTaken
from database.tables.statement_runs import (
    CrossedPayment,
    StatementRun,
    StatementRunFile,
    StatementRunItem,
    StatementRunPart,
)
from database.tables.status import StatusInquiry
from database.tables.stop_codes import StopCodeRow
from database.tables.variances import PaymentVariance
from database.tables.visit_notes import VisitNote

__all__ = [
    "AccountHold",
    "AccountReceipt",
    "AddOnRow",
    "AgedCashOpening",
    "Agency",
    "AgencyFile",
    "AgendaEntry",
    "Amendment",
    "Appeal",
    "Appointment",
    "AssistanceApplication",
    "AssistanceScale",
    "Attachment",
    "AuditEvent",
    "AuthorizationRow",
    "AuthorizationRuleRow",
    "BalanceItem",
    "BankMovement",
    "Batch",
    "Benefits",
    "BillingEntity",
    "BrokenGlass",
    "CallRow",
    "CameOfAge",
    "CardPayout",
    "CardPayoutLine",
    "CardRefund",
    "Charge",
    "Checkout",
    "Code",
    "CodeEditionRow",
    "CodePairRow",
    "CodeTermRow",
    "Command",
    "ConsentRow",
    "ContractRateRow",
    "ContractRow",
    "ControlNumberAlias",
    "ControlSequence",
    "CoverageCheck",
    "CrossedPayment",
    "DayFigureRow",
    "Denial",
    "Deposit",
    "EditRun",
    "Encounter",
    "EnrolmentRow",
    "EstimateRow",
    "ExclusionRow",
    "ExpectedLine",
    "Fact",
    "FeeAgreement",
    "FeeInvoice",
    "FeeInvoiceLine",
    "FeeScheduleRow",
    "FigureReader",
    "HalfSignIn",
    "HeldPolicyRow",
    "InboundMessage",
    "InformationRequest",
    "Inquiry",
    "InstalmentCharge",
    "InstalmentPlan",
    "Journal",
    "KeptCard",
    "Letter",
    "Line",
    "LocalityRow",
    "Location",
    "LockboxBatch",
    "LockboxCheque",
    "MedicareAnswersRow",
    "Move",
    "MovedPatientRow",
    "MovedVisitRow",
    "Note",
    "NoticeRow",
    "NoticeRuleRow",
    "OtherPolicy",
    "Outbox",
    "Packet",
    "Partner",
    "PartnerFile",
    "Patient",
    "PatientAccount",
    "PatientAlias",
    "PatientMerge",
    "PatientNumber",
    "PatientPayment",
    "PayLink",
    "PaySession",
    "Payer",
    "PaymentPlan",
    "PaymentVariance",
    "PeriodClose",
    "Placement",
    "PlacementEvent",
    "Policy",
    "Posting",
    "PovertyGuideline",
    "Practice",
    "PracticeEditRow",
    "ProcessorEvent",
    "PromptPayOffer",
    "Provider",
    "ProviderAdjustmentRow",
    "ProviderFactRow",
    "ProviderSignIn",
    "Question",
    "RecoveryNotice",
    "RefusedRow",
    "RelativeValueRow",
    "RemittanceClaim",
    "RemittanceFile",
    "Resubmission",
    "ResubmissionItem",
    "RuleEditionRow",
    "SearchText",
    "SecondFactor",
    "SendingHold",
    "SendingPlanRow",
    "SendingRequest",
    "SensitiveRecord",
    "SensitiveViewer",
    "SentWordRow",
    "SheetMappingRow",
    "SheetTaken",
    "StatementRun",
    "StatementRunFile",
    "StatementRunItem",
    "StatementRunPart",
    "StatusInquiry",
    "StopCodeRow",
    "Submission",
    "Task",
    "TaskForm",
    "TillClose",
    "TimelineEvent",
    "Token",
    "UnitLimitRow",
    "User",
    "VisitMemberId",
    "VisitNote",
    "VisitNumber",
    "WebSession",
]
