"""A staff command is carried out once per key, and answered the same way ever after."""

import pytest
import sqlalchemy as sa

from activities.messages import CommandStep, PlaceHold
from database import commands
from database.columns import new_id
from tests.builders import NOON, an_837p
from tests.office import Office

BODY, OTHER_BODY = "a" * 64, "b" * 64


def carry_out(office: Office, key: str, *, body: str = BODY, answer: str = '{"done": true}') -> None:
    with office.database.writing() as session:
        commands.record(
            session,
            practice_id=office.practice_id,
            key=key,
            body_sha256=body,
            actor_id=office.worker_id,
            name="complete_task",
            subject_id="e1",
            answer=answer,
            at=NOON,
        )


def answered(office: Office, key: str, *, body: str = BODY) -> str | None:
    with office.database.reading() as session:
        return commands.answered(session, practice_id=office.practice_id, key=key, body_sha256=body)


def test_a_new_key_has_no_answer(office: Office) -> None:
    assert answered(office, "key") is None


def test_the_same_key_and_body_get_the_first_answer(office: Office) -> None:
    carry_out(office, "key")
    assert answered(office, "key") == '{"done": true}'


def test_the_same_key_with_another_body_is_refused(office: Office) -> None:
    carry_out(office, "key")
    with pytest.raises(commands.KeyUsedForAnotherBody):
        answered(office, "key", body=OTHER_BODY)


def test_a_key_belongs_to_one_practice(office: Office) -> None:
    carry_out(office, "key")
    other = Office(office.database)
    assert answered(other, "key", body=OTHER_BODY) is None
    carry_out(other, "key", body=OTHER_BODY)


def test_a_key_cannot_be_written_twice(office: Office) -> None:
    carry_out(office, "key")
    with pytest.raises(sa.exc.IntegrityError):
        carry_out(office, "key", answer="another")
    assert answered(office, "key") == '{"done": true}'


def test_an_encounters_step_answers_a_used_key_instead_of_failing_for_ever(office: Office) -> None:
    """A failing step would be tried again without end, and the encounter would stand still."""
    office.take_in(an_837p())
    [encounter_id] = office.encounter_ids()

    def hold(days: int, body: str) -> CommandStep:
        command = PlaceHold(
            command_key=key,
            body_sha256=body,
            actor_id=office.worker_id,
            until=NOON.replace(day=NOON.day + days),
            form_id=office.form({"reason": "asked by the clinic"}),
        )
        return CommandStep(practice_id=office.practice_id, encounter_id=encounter_id, at=NOON, place_hold=command)

    key = new_id()
    first = office.encounter.execute_command(hold(3, BODY))
    again = office.encounter.execute_command(hold(3, BODY))
    other = office.encounter.execute_command(hold(5, OTHER_BODY))
    assert first.answer.done
    assert again.answer == first.answer
    assert (other.answer.done, other.answer.code) == (False, "key_reused")
    assert sum("On hold" in text for text in office.story(encounter_id)) == 1
