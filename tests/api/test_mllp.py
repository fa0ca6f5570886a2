"""MLLP: a message is stored before it is answered, and answered with what became of it."""

import asyncio

from sqlmodel import select

from api.mllp import MllpListener
from database import practice
from database.tables import Encounter, InboundMessage
from interchange.hl7.syntax import END, START
from tests.api.conftest import Book
from tests.interchange.hl7_messages import dft, ft1
from tests.stories.test_fhir_intake import CLINIC


def listener(book: Book) -> MllpListener:
    with book.database.writing() as session:
        practice.save_entity(session, CLINIC, practice_id=book.practice_id)
    return MllpListener(book.database, practice_id=book.practice_id, partner_id=book.partner_id, clock=book.clock)


async def said(book: Book, *sent: bytes) -> list[str]:
    """MSA of every answer to what is sent over one connection."""
    server = await listener(book).start("127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        answers = []
        for one in sent:
            writer.write(START + one + END)
            answer = await reader.readuntil(END)
            assert answer.startswith(START + b"MSH|")
            answers.append(answer.decode().split("\r")[1])
        writer.close()
        await writer.wait_closed()
    return answers


async def test_every_message_of_a_connection_is_answered_with_what_became_of_it(book: Book) -> None:
    answers = await said(
        book,
        dft(control="M1"),
        dft(control="M1"),
        dft(ft1(""), control="M2"),
        dft(control="M3", kind="MDM^T02"),
        b"hello",
    )
    assert answers == ["MSA|AA|M1", "MSA|AA|M1", "MSA|AE|M2", "MSA|AR|M3", "MSA|AR|"]
    with book.database.reading() as session:
        kept = session.exec(select(InboundMessage).where(InboundMessage.kind == "HL7v2")).all()
        opened = session.exec(select(Encounter).where(Encounter.external_id == "V2001")).all()
    assert (len(kept), len(opened)) == (4, 1)


async def test_a_message_that_breaks_off_is_not_answered_and_takes_nobody_down(book: Book) -> None:
    server = await listener(book).start("127.0.0.1", 0)
    async with server:
        address = server.sockets[0].getsockname()[:2]
        reader, writer = await asyncio.open_connection(*address)
        writer.write(START + dft()[:80])
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"noise before" + START + dft() + END)
        assert b"MSA|AA|M1" in await reader.readuntil(END)
        writer.close()
        await writer.wait_closed()
