"""Names under which activities start and tell processes: they stand below workflows and cannot name the classes.

Whoever stands above names the class itself.
"""

from enum import StrEnum


class Process(StrEnum):
    """Types of workflows that are started from activities."""

    ENCOUNTER_BILLING = "EncounterBilling"
    PATIENT_ACCOUNT = "PatientAccount"
    COMING_VISIT = "ComingVisit"
    SUBMISSION_BATCH = "SubmissionBatch"
    REMITTANCE_FILE = "RemittanceFile"
    BULK_RESUBMISSION = "BulkResubmission"
    STATEMENT_RUN = "StatementRun"
    CARD_REFUND = "CardRefund"


class Signal(StrEnum):
    """What a process is told."""

    FACTS_ARRIVED = "facts_arrived"
    BALANCE_CHANGED = "balance_changed"
    APPOINTMENT_CHANGED = "appointment_changed"
    ACKNOWLEDGMENT_ARRIVED = "acknowledgment_arrived"
