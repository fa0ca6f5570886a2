"""The spine"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "audit_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=30), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("previous_sha256", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_event_practice_id"), ["practice_id"], unique=False)

    op.create_table(
        "command",
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("idempotency_key", sa.String(length=100), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("actor_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=20), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("practice_id", "idempotency_key", name=op.f("pk_command")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.String(length=20), nullable=False),
        sa.Column("fact_id", sa.String(length=20), nullable=True),
        sa.Column("dedup_key", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("send_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("dedup_key", name="uq_outbox_dedup"),
    )
    op.create_table(
        "partner",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("base_url", sa.String(length=300), nullable=False),
        sa.Column("secret_name", sa.String(length=100), nullable=False),
        sa.Column("sender_qualifier", sa.String(length=2), nullable=False),
        sa.Column("sender_id", sa.String(length=15), nullable=False),
        sa.Column("receiver_qualifier", sa.String(length=2), nullable=False),
        sa.Column("receiver_id", sa.String(length=15), nullable=False),
        sa.Column("submitter_name", sa.String(length=60), nullable=False),
        sa.Column("submitter_contact", sa.String(length=60), nullable=False),
        sa.Column("submitter_telephone", sa.String(length=20), nullable=False),
        sa.Column("usage", sa.String(length=1), nullable=False),
        sa.Column("last_mail_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
    )
    op.create_table(
        "practice",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice")),
    )
    op.create_table(
        "task_form",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("task_id", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.String(length=20), nullable=False),
        sa.Column("resolution", sa.String(length=40), nullable=False),
        sa.Column("values", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_form")),
    )
    with op.batch_alter_table("task_form", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_form_task_id"), ["task_id"], unique=False)

    op.create_table(
        "app_user",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("login", sa.String(length=60), nullable=False),
        sa.Column("display_name", sa.String(length=100), nullable=False),
        sa.Column("roles", sa.String(length=400), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_app_user_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sa.UniqueConstraint("login", name=op.f("uq_app_user_login")),
    )
    op.create_table(
        "batch",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("partner_id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("interchange_number", sa.Integer(), nullable=False),
        sa.Column("group_number", sa.Integer(), nullable=False),
        sa.Column("claim_count", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("transmitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt_id", sa.String(length=100), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_batch_partner_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_batch_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("partner_id", "interchange_number", name="uq_batch_interchange"),
    )
    op.create_table(
        "billing_entity",
        sa.Column("npi", sa.String(length=10), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("tax_id", sa.String(length=20), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_billing_entity_practice_id")),
        sa.PrimaryKeyConstraint("npi", name=op.f("pk_billing_entity")),
    )
    with op.batch_alter_table("billing_entity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_billing_entity_practice_id"), ["practice_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_billing_entity_tax_id"), ["tax_id"], unique=False)

    op.create_table(
        "charge",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("procedure", sa.String(length=48), nullable=False),
        sa.Column("modifier", sa.String(length=2), nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_charge_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge")),
        sa.UniqueConstraint("practice_id", "procedure", "modifier", "effective_from", name="uq_charge_price"),
    )
    op.create_table(
        "control_sequence",
        sa.Column("partner_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_control_sequence_partner_id")),
        sa.PrimaryKeyConstraint("partner_id", "name", name=op.f("pk_control_sequence")),
    )
    op.create_table(
        "inbound_message",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("partner_id", sa.String(length=20), nullable=True),
        sa.Column("practice_id", sa.String(length=20), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mail_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_inbound_message_partner_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_inbound_message_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_message")),
        sa.UniqueConstraint("partner_id", "sha256", name="uq_inbound_content"),
    )
    with op.batch_alter_table("inbound_message", schema=None) as batch_op:
        batch_op.create_index("ix_inbound_state", ["state", "received_at"], unique=False)

    op.create_table(
        "patient",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("identity_key", sa.String(length=64), nullable=False),
        sa.Column("last_name", sa.String(length=60), nullable=False),
        sa.Column("first_name", sa.String(length=35), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("sex", sa.String(length=1), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_patient_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
        sa.UniqueConstraint("practice_id", "identity_key", name="uq_patient_identity"),
    )
    with op.batch_alter_table("patient", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patient_last_name"), ["last_name"], unique=False)

    op.create_table(
        "payer",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("partner_id", sa.String(length=20), nullable=False),
        sa.Column("payer_number", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_payer_partner_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_payer_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payer")),
        sa.UniqueConstraint("practice_id", "payer_number", "partner_id", name="uq_payer_number"),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("assignee_id", sa.String(length=20), nullable=True),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.String(length=20), nullable=False),
        sa.Column("opening_key", sa.String(length=160), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("escalation", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("resolution", sa.String(length=40), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_task_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("practice_id", "opening_key", name="uq_task_opening"),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index("ix_task_queue", ["practice_id", "state", "role", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_task_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "api_token",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=20), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_api_token_user_id")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_api_token")),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_user_id"), ["user_id"], unique=False)

    op.create_table(
        "encounter",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("patient_id", sa.String(length=20), nullable=False),
        sa.Column("payer_id", sa.String(length=20), nullable=False),
        sa.Column("intake_key", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("service_date", sa.Date(), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.Column("on_hold", sa.Boolean(), nullable=False),
        sa.Column("hold_reason", sa.String(length=500), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("inquiry_count", sa.Integer(), nullable=False),
        sa.Column("edits_overridden", sa.String(length=400), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_encounter_patient_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_encounter_payer_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_encounter_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encounter")),
        sa.UniqueConstraint("practice_id", "intake_key", name="uq_encounter_intake"),
    )
    with op.batch_alter_table("encounter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_encounter_external_id"), ["external_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_encounter_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index("ix_encounter_stage", ["practice_id", "stage", "id"], unique=False)

    op.create_table(
        "policy",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=True),
        sa.Column("payer_id", sa.String(length=20), nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_policy_payer_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_policy_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
    )
    with op.batch_alter_table("policy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_policy_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_policy_practice_id"), ["practice_id"], unique=False)

    op.create_table(
        "remittance_file",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("message_id", sa.String(length=20), nullable=False),
        sa.Column("set_ordinal", sa.Integer(), nullable=False),
        sa.Column("trace", sa.String(length=50), nullable=False),
        sa.Column("payer_number", sa.String(length=10), nullable=False),
        sa.Column("payment_date", sa.Date(), nullable=False),
        sa.Column("payee_npi", sa.String(length=80), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("paid_cents", sa.BigInteger(), nullable=False),
        sa.Column("provider_adjustment_cents", sa.BigInteger(), nullable=False),
        sa.Column("header", sa.Text(), nullable=False),
        sa.Column("claim_count", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["inbound_message.id"], name=op.f("fk_remittance_file_message_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_remittance_file_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittance_file")),
        sa.UniqueConstraint("practice_id", "content_hash", name="uq_remittance_content"),
    )
    with op.batch_alter_table("remittance_file", schema=None) as batch_op:
        batch_op.create_index("ix_remittance_trace", ["practice_id", "payer_number", "trace"], unique=False)

    op.create_table(
        "web_session",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_web_session_user_id")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_web_session")),
    )
    op.create_table(
        "agenda_entry",
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("owner", sa.String(length=30), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_agenda_entry_encounter_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_agenda_entry_practice_id")),
        sa.PrimaryKeyConstraint("encounter_id", "reason", name=op.f("pk_agenda_entry")),
    )
    with op.batch_alter_table("agenda_entry", schema=None) as batch_op:
        batch_op.create_index("ix_agenda_due", ["due_at"], unique=False)

    op.create_table(
        "benefits",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("message_id", sa.String(length=20), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("copay_cents", sa.BigInteger(), nullable=True),
        sa.Column("deductible_remaining_cents", sa.BigInteger(), nullable=True),
        sa.Column("coinsurance", sa.String(length=10), nullable=True),
        sa.Column("is_qmb", sa.Boolean(), nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_benefits_encounter_id")),
        sa.ForeignKeyConstraint(["message_id"], ["inbound_message.id"], name=op.f("fk_benefits_message_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_benefits_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_benefits")),
    )
    with op.batch_alter_table("benefits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_benefits_encounter_id"), ["encounter_id"], unique=False)

    op.create_table(
        "fact",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("source_key", sa.String(length=120), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("absorbed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verdict", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_fact_encounter_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_fact_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact")),
        sa.UniqueConstraint("practice_id", "source_key", name="uq_fact_source"),
    )
    with op.batch_alter_table("fact", schema=None) as batch_op:
        batch_op.create_index("ix_fact_pending", ["encounter_id", "absorbed_at"], unique=False)

    op.create_table(
        "inquiry",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("partner_id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("interchange_number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_id", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["answer_id"], ["inbound_message.id"], name=op.f("fk_inquiry_answer_id")),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_inquiry_encounter_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_inquiry_partner_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_inquiry_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry")),
    )
    with op.batch_alter_table("inquiry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inquiry_encounter_id"), ["encounter_id"], unique=False)

    op.create_table(
        "journal",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=True),
        sa.Column("remittance_id", sa.String(length=20), nullable=True),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("source_key", sa.String(length=160), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("service_date", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=30), nullable=False),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_journal_encounter_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_journal_practice_id")),
        sa.ForeignKeyConstraint(["remittance_id"], ["remittance_file.id"], name=op.f("fk_journal_remittance_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_journal")),
        sa.UniqueConstraint("practice_id", "source_key", name="uq_journal_source"),
    )
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_journal_encounter_id"), ["encounter_id"], unique=False)
        batch_op.create_index("ix_journal_posted", ["practice_id", "posted_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_journal_remittance_id"), ["remittance_id"], unique=False)

    op.create_table(
        "patient_payment",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_patient_payment_encounter_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_patient_payment_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_payment")),
    )
    with op.batch_alter_table("patient_payment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patient_payment_encounter_id"), ["encounter_id"], unique=False)

    op.create_table(
        "remittance_claim",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("remittance_id", sa.String(length=20), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("control_number", sa.String(length=38), nullable=False),
        sa.Column("payer_claim_number", sa.String(length=50), nullable=True),
        sa.Column("status", sa.String(length=3), nullable=False),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_cents", sa.BigInteger(), nullable=False),
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("matched_by", sa.String(length=20), nullable=True),
        sa.Column("encounter_id", sa.String(length=20), nullable=True),
        sa.Column("reversed_by", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_remittance_claim_encounter_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_remittance_claim_practice_id")),
        sa.ForeignKeyConstraint(
            ["remittance_id"], ["remittance_file.id"], name=op.f("fk_remittance_claim_remittance_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittance_claim")),
        sa.UniqueConstraint("remittance_id", "ordinal", name="uq_remittance_claim"),
    )
    with op.batch_alter_table("remittance_claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_remittance_claim_control_number"), ["control_number"], unique=False)
        batch_op.create_index(batch_op.f("ix_remittance_claim_encounter_id"), ["encounter_id"], unique=False)
        batch_op.create_index("ix_remittance_claim_state", ["remittance_id", "state"], unique=False)

    op.create_table(
        "service_line",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_service_line_encounter_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_service_line_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_line")),
    )
    with op.batch_alter_table("service_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_service_line_encounter_id"), ["encounter_id"], unique=False)

    op.create_table(
        "submission",
        sa.Column("control_number", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("payer_id", sa.String(length=20), nullable=False),
        sa.Column("partner_id", sa.String(length=20), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("batch_id", sa.String(length=20), nullable=True),
        sa.Column("set_number", sa.String(length=9), nullable=True),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("transmitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("syntax_accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clearinghouse_accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("payer_accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("adjudicated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("payer_claim_number", sa.String(length=50), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_submission_batch_id")),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_submission_encounter_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_submission_partner_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_submission_payer_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_submission_practice_id")),
        sa.PrimaryKeyConstraint("control_number", name=op.f("pk_submission")),
        sa.UniqueConstraint("encounter_id", "ordinal", name="uq_submission_ordinal"),
    )
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_submission_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_submission_encounter_id"), ["encounter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_submission_payer_claim_number"), ["payer_claim_number"], unique=False)
        batch_op.create_index("ix_submission_ready", ["partner_id", "state", "ready_at"], unique=False)

    op.create_table(
        "timeline_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=30), nullable=False),
        sa.Column("message_id", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_timeline_event_encounter_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_timeline_event_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timeline_event")),
    )
    with op.batch_alter_table("timeline_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_timeline_event_encounter_id"), ["encounter_id"], unique=False)

    op.create_table(
        "denial",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=False),
        sa.Column("line_id", sa.String(length=20), nullable=False),
        sa.Column("remittance_claim_id", sa.String(length=20), nullable=False),
        sa.Column("adjustment_group", sa.String(length=2), nullable=False),
        sa.Column("reason", sa.String(length=5), nullable=False),
        sa.Column("remarks", sa.String(length=60), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("blocked_reason", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_denial_encounter_id")),
        sa.ForeignKeyConstraint(["line_id"], ["service_line.id"], name=op.f("fk_denial_line_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_denial_practice_id")),
        sa.ForeignKeyConstraint(
            ["remittance_claim_id"], ["remittance_claim.id"], name=op.f("fk_denial_remittance_claim_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_denial")),
    )
    with op.batch_alter_table("denial", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_denial_encounter_id"), ["encounter_id"], unique=False)

    op.create_table(
        "posting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("journal_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("practice_id", sa.String(length=20), nullable=False),
        sa.Column("encounter_id", sa.String(length=20), nullable=True),
        sa.Column("account", sa.String(length=30), nullable=False),
        sa.Column("line_id", sa.String(length=20), nullable=True),
        sa.Column("detail", sa.String(length=80), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["journal_number"], ["journal.number"], name=op.f("fk_posting_journal_number")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_posting_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
    )
    with op.batch_alter_table("posting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_posting_encounter_id"), ["encounter_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_posting_journal_number"), ["journal_number"], unique=False)

    forbid_changes()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change CASCADE")

    with op.batch_alter_table("posting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_posting_journal_number"))
        batch_op.drop_index(batch_op.f("ix_posting_encounter_id"))

    op.drop_table("posting")
    with op.batch_alter_table("denial", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_denial_encounter_id"))

    op.drop_table("denial")
    with op.batch_alter_table("timeline_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_timeline_event_encounter_id"))

    op.drop_table("timeline_event")
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_index("ix_submission_ready")
        batch_op.drop_index(batch_op.f("ix_submission_payer_claim_number"))
        batch_op.drop_index(batch_op.f("ix_submission_encounter_id"))
        batch_op.drop_index(batch_op.f("ix_submission_batch_id"))

    op.drop_table("submission")
    with op.batch_alter_table("service_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_service_line_encounter_id"))

    op.drop_table("service_line")
    with op.batch_alter_table("remittance_claim", schema=None) as batch_op:
        batch_op.drop_index("ix_remittance_claim_state")
        batch_op.drop_index(batch_op.f("ix_remittance_claim_encounter_id"))
        batch_op.drop_index(batch_op.f("ix_remittance_claim_control_number"))

    op.drop_table("remittance_claim")
    with op.batch_alter_table("patient_payment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patient_payment_encounter_id"))

    op.drop_table("patient_payment")
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_journal_remittance_id"))
        batch_op.drop_index("ix_journal_posted")
        batch_op.drop_index(batch_op.f("ix_journal_encounter_id"))

    op.drop_table("journal")
    with op.batch_alter_table("inquiry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inquiry_encounter_id"))

    op.drop_table("inquiry")
    with op.batch_alter_table("fact", schema=None) as batch_op:
        batch_op.drop_index("ix_fact_pending")

    op.drop_table("fact")
    with op.batch_alter_table("benefits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_benefits_encounter_id"))

    op.drop_table("benefits")
    with op.batch_alter_table("agenda_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_agenda_due")

    op.drop_table("agenda_entry")
    op.drop_table("web_session")
    with op.batch_alter_table("remittance_file", schema=None) as batch_op:
        batch_op.drop_index("ix_remittance_trace")

    op.drop_table("remittance_file")
    with op.batch_alter_table("policy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_policy_practice_id"))
        batch_op.drop_index(batch_op.f("ix_policy_name"))

    op.drop_table("policy")
    with op.batch_alter_table("encounter", schema=None) as batch_op:
        batch_op.drop_index("ix_encounter_stage")
        batch_op.drop_index(batch_op.f("ix_encounter_patient_id"))
        batch_op.drop_index(batch_op.f("ix_encounter_external_id"))

    op.drop_table("encounter")
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_token_user_id"))

    op.drop_table("api_token")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_subject_id"))
        batch_op.drop_index("ix_task_queue")

    op.drop_table("task")
    op.drop_table("payer")
    with op.batch_alter_table("patient", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patient_last_name"))

    op.drop_table("patient")
    with op.batch_alter_table("inbound_message", schema=None) as batch_op:
        batch_op.drop_index("ix_inbound_state")

    op.drop_table("inbound_message")
    op.drop_table("control_sequence")
    op.drop_table("charge")
    with op.batch_alter_table("billing_entity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_billing_entity_tax_id"))
        batch_op.drop_index(batch_op.f("ix_billing_entity_practice_id"))

    op.drop_table("billing_entity")
    op.drop_table("batch")
    op.drop_table("app_user")
    with op.batch_alter_table("task_form", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_task_form_task_id"))

    op.drop_table("task_form")
    op.drop_table("practice")
    op.drop_table("partner")
    op.drop_table("outbox")
    op.drop_table("command")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_event_practice_id"))

    op.drop_table("audit_event")


APPEND_ONLY = ("journal", "posting", "audit_event")


def forbid_changes() -> None:
    """The ledger and the audit chain are append-only: the database itself refuses UPDATE and DELETE."""
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
