"""Who the office works for and with: practices, payers, trading partners, policies, prices."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class Practice(SQLModel, table=True):
    """A clinic or a billing company's client. Every other row belongs to one."""

    id: str = Field(sa_type=Id, primary_key=True)
    name: str = Field(sa_type=sa.String(200))
    legal_name: str | None = Field(default=None, sa_type=sa.String(200))
    """As the tax office knows it"""
    tax_id: str | None = Field(default=None, sa_type=sa.String(20))
    """Employer identification number, nine digits"""
    time_zone: str = Field(sa_type=sa.String(50))
    """IANA name: by which calendar its days are told"""
    created_at: datetime = Field(sa_type=Instant)


class BillingEntity(SQLModel, table=True):
    """A billing provider that a practice bills under; the payee of its remittances."""

    __tablename__ = "billing_entity"

    npi: str = Field(sa_type=sa.String(10), primary_key=True)
    """National provider identifier: 837 2010AA NM109, 835 N104"""
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", index=True)
    tax_id: str | None = Field(default=None, sa_type=sa.String(20), index=True)
    """REF*EI or REF*SY; 835 REF*TJ"""
    name: str = Field(sa_type=sa.String(200))
    taxonomy: str | None = Field(default=None, sa_type=sa.String(10))
    """PRV03"""
    address: str | None = Field(default=None, sa_type=sa.Text)
    """billing.claim.Address as JSON: where it is (2010AA N3, N4)"""
    pay_to_address: str | None = Field(default=None, sa_type=sa.Text)
    """billing.claim.Address as JSON: where cheques go (2010AB), when that is elsewhere"""
    telephone: str | None = Field(default=None, sa_type=sa.String(10))
    """Ten digits: where patients call about a statement"""


class Location(SQLModel, table=True):
    """Where the practice sees patients."""

    __table_args__ = (sa.UniqueConstraint("practice_id", "name", name="uq_location_name"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    name: str = Field(sa_type=sa.String(60))
    place_of_service: str = Field(sa_type=sa.String(2))
    """CLM05-1"""
    address: str = Field(sa_type=sa.Text)
    """billing.claim.Address as JSON (2310C N3, N4)"""
    npi: str | None = Field(default=None, sa_type=sa.String(10))
    """2310C NM109"""


class Provider(SQLModel, table=True):
    """Somebody who sees the practice's patients: the rendering provider of its claims (2310B)."""

    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", primary_key=True)
    npi: str = Field(sa_type=sa.String(10), primary_key=True)
    """NM109"""
    last_name: str = Field(sa_type=sa.String(60))
    """NM103"""
    first_name: str | None = Field(default=None, sa_type=sa.String(35))
    """NM104"""
    taxonomy: str | None = Field(default=None, sa_type=sa.String(10))
    """PRV03"""
    is_active: bool = True
    """False: left; new visits are not offered them"""


class Partner(SQLModel, table=True):
    """A clearinghouse. Interchanges belong to the installation: one partner serves several practices."""

    id: str = Field(sa_type=Id, primary_key=True)
    name: str = Field(sa_type=sa.String(100))
    base_url: str = Field(sa_type=sa.String(300))
    """Where it is called over HTTP; empty when it is reached by files"""
    secret_name: str = Field(sa_type=sa.String(100))
    """Names the settings entry that holds the bearer token (or SFTP password or key) and the webhook secret"""
    reached_by: str = Field(default="http", sa_type=sa.String(10), sa_column_kwargs={"server_default": "http"})
    """http, sftp or folder (`billing.partners.Reach`)"""
    host: str | None = Field(default=None, sa_type=sa.String(255))
    port: int | None = None
    login: str | None = Field(default=None, sa_type=sa.String(100))
    host_key: str | None = Field(default=None, sa_type=sa.Text)
    """The SSH server's public keys, one a line: no other server is spoken to"""
    outbox: str | None = Field(default=None, sa_type=sa.String(500))
    """Folder that interchanges are put into"""
    inbox: str | None = Field(default=None, sa_type=sa.String(500))
    """Folder that mail is read from"""
    archive: str | None = Field(default=None, sa_type=sa.String(500))
    """Folder that read mail is moved to; None: it stays, and is remembered"""
    upload_name: str | None = Field(default=None, sa_type=sa.String(100))
    """Pattern of an upload's name; None: `billing.partners.UPLOAD_NAME`"""
    sender_qualifier: str = Field(default="ZZ", sa_type=sa.String(2))
    """ISA05"""
    sender_id: str = Field(sa_type=sa.String(15))
    """ISA06 and GS02"""
    receiver_qualifier: str = Field(default="ZZ", sa_type=sa.String(2))
    """ISA07"""
    receiver_id: str = Field(sa_type=sa.String(15))
    """ISA08 and GS03"""
    submitter_name: str = Field(sa_type=sa.String(60))
    submitter_contact: str = Field(sa_type=sa.String(60))
    submitter_telephone: str = Field(sa_type=sa.String(20))
    usage: str = Field(default="P", sa_type=sa.String(1))
    """ISA15: P production, T test"""
    last_mail_id: int = Field(default=0, sa_type=sa.BigInteger)
    """The mailbox cursor: the highest message id stored here; files have no ids and are counted by it"""


class Payer(SQLModel, table=True):
    """A payer as one practice knows it, reached through one partner."""

    __table_args__ = (sa.UniqueConstraint("practice_id", "payer_number", "partner_id", name="uq_payer_number"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    partner_id: str = Field(sa_type=Id, foreign_key="partner.id")
    payer_number: str = Field(sa_type=sa.String(80))
    """2010BB NM109; differs by clearinghouse"""
    name: str = Field(sa_type=sa.String(200))


class Policy(SQLModel, table=True):
    """One rule of the house as a number with an effective date. The narrowest row wins: payer, practice, all."""

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str | None = Field(default=None, sa_type=Id, foreign_key="practice.id", index=True)
    payer_id: str | None = Field(default=None, sa_type=Id, foreign_key="payer.id")
    name: str = Field(sa_type=sa.String(60), index=True)
    value: int = Field(sa_type=sa.BigInteger)
    """Hours, days, cents or 0/1: the name's last word tells"""
    effective_from: date
    source: str = Field(sa_type=sa.String(200))
    """Where the number comes from"""


class Charge(SQLModel, table=True):
    """One price of the charge master."""

    __table_args__ = (
        sa.UniqueConstraint("practice_id", "procedure", "modifier", "effective_from", name="uq_charge_price"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    procedure: str = Field(sa_type=sa.String(48))
    modifier: str = Field(default="", sa_type=sa.String(2))
    price_cents: int = Field(sa_type=sa.BigInteger)
    description: str | None = Field(default=None, sa_type=sa.String(80))
    """What patients read, in the practice's own words"""
    effective_from: date
