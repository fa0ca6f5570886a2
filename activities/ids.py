"""Workflow ids: business keys made of opaque ids."""


def encounter_workflow(practice_id: str, encounter_id: str) -> str:
    return f"encounter/{practice_id}/{encounter_id}"


def account_workflow(practice_id: str, patient_id: str) -> str:
    return f"account/{practice_id}/{patient_id}"


def coming_visit_workflow(practice_id: str, appointment_id: str) -> str:
    return f"visit/{practice_id}/{appointment_id}"


def remittance_workflow(practice_id: str, remittance_id: str) -> str:
    return f"remittance/{practice_id}/{remittance_id}"


def batch_workflow(practice_id: str, partner_id: str, batch_id: str) -> str:
    return f"batch/{practice_id}/{partner_id}/{batch_id}"


def resubmission_workflow(practice_id: str, resubmission_id: str) -> str:
    return f"resubmission/{practice_id}/{resubmission_id}"


def statement_run_workflow(practice_id: str, run_id: str) -> str:
    return f"statements/{practice_id}/{run_id}"


def card_refund_workflow(practice_id: str, refund_id: str) -> str:
    return f"refund/{practice_id}/{refund_id}"


def mailbox_workflow(partner_id: str) -> str:
    return f"mailbox/{partner_id}"
