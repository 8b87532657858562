"""Phone books in sessions: which file is which stands in EF.PBR (TS 31.102 §4.4.2.1). The record is that of
GSMA's TS.48 profile."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cards.explain import Explainer, Explanation
from cards.explain.files.phonebook import PhoneBooks, references

PBR = (
    "A823C0034F3A0AC1034F1505C5034F0901C6034F4C0BCA034F5109C3034F1904C9034F1606"
    "A90FC4034F1102C4034F1307CA034F1408AA12C2034F1203CB034F3D0CC7024F4BC8024F4D"
)  # fmt: skip


def ask(explainer: Explainer, command: str, answer: str = "9000") -> Explanation:
    return explainer.exchange(bytes.fromhex(command), bytes.fromhex(answer))


def values(explanation: Explanation) -> dict[str, str]:
    fields = list(explanation.walk())
    assert not [field for field in fields if field.problem]
    return {field.name: field.value for field in fields}


def in_phone_book() -> Explainer:
    """A session that has read EF.PBR of DF.TELECOM."""
    explainer = Explainer()
    ask(explainer, "00A4080C067F105F3A4F30")
    read = ask(explainer, "00B2010464", PBR + "FF" * 26 + "9000")
    assert read.title == "READ RECORD record 1 of MF/DF.TELECOM/DF.PHONEBOOK/EF.PBR"
    assert values(read)["EF.EMAIL, e-mail address (CA)"] == ""
    return explainer


def test_files_have_names_once_the_reference_file_was_read() -> None:
    explainer = Explainer()
    ask(explainer, "00A4080C067F105F3A4F30")
    assert ask(explainer, "00A4000C024F51").title == "SELECT 4F51"
    explainer = in_phone_book()
    assert ask(explainer, "00A4000C024F51").title == "SELECT EF.EMAIL"
    read = ask(explainer, "00B2010428", "6100622E63" + "FF" * 35 + "9000")
    assert read.title == "READ RECORD record 1 of MF/DF.TELECOM/DF.PHONEBOOK/EF.EMAIL"
    assert values(read)["address"] == "“a@b.c”"


def test_short_identifiers_stand_in_the_reference_file_too() -> None:
    explainer = in_phone_book()
    read = ask(explainer, "00B201541C", "546573746E722E31FFFFFFFFFFFF069194982143F1" + "FF" * 7 + "9000")
    assert read.title == "READ RECORD record 1 of MF/DF.TELECOM/DF.PHONEBOOK/EF.ADN"
    found = values(read)
    assert found["label"] == "“Testnr.1”"
    assert found["number"] == "+498912341"
    groups = values(ask(explainer, "00B2015C0A", "03" + "00" * 9 + "9000"))
    assert groups["group 1: record of EF.GAS"] == "3"


def test_a_record_of_type_2_says_whose_it_is() -> None:
    """EF.ANR by the index file has 17 bytes: short identifier of EF.ADN and record at the end."""
    explainer = in_phone_book()
    read = ask(explainer, "00B2011411", "01" + "0391" + "2143" + "FF" * 8 + "FFFF" + "0A07" + "9000")
    assert read.title.endswith("EF.ANR")
    found = values(read)
    assert found["number"] == "+1234"
    assert found["EF.ADN of the entry, short file identifier"] == "10"
    assert found["record of the entry"] == "7"


def test_another_directory_and_another_card_have_their_own() -> None:
    explainer = in_phone_book()
    ask(explainer, "00A4040C07A0000000871002")
    ask(explainer, "00A4000C025F3A")
    assert ask(explainer, "00A4000C024F51").title == "SELECT 4F51"
    explainer.reset()
    ask(explainer, "00A4080C067F105F3A4F30")
    assert ask(explainer, "00A4000C024F51").title == "SELECT 4F51"


def test_what_is_written_to_the_reference_file_counts_on_all_channels() -> None:
    explainer = Explainer()
    ask(explainer, "00A4080C067F105F3A4F30")
    ask(explainer, "00DC010405" + "A803C0014F")
    ask(explainer, "00DC010406" + "A804C0024F3A")
    ask(explainer, "0070000001", "019000")
    ask(explainer, "01A4080C047F105F3A")
    assert ask(explainer, "01A4000C024F3A").title == "SELECT EF.ADN"


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_no_reference_record_raises(record: bytes) -> None:
    books = PhoneBooks()
    books.learn("MF", record)
    assert len(list(references(record))) <= len(record)
