"""The file templates: against the ASN.1 module, against TS.48, and free of contradictions in themselves."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asn1 import saip
from simulator.profile import access_rules, templates
from simulator.profile.templates import FileTemplate, Pattern, Template
from simulator.uicc.image import FileStructure

ALL = [templates.by_oid(oid) for oid in templates.oids()]
each_template = pytest.mark.parametrize("template", ALL, ids=lambda template: template.oid)


@each_template
def test_identifiers_are_unique_within_a_directory(template: Template) -> None:
    taken: set[tuple[str | None, int]] = set()
    for file in template.files.values():
        if file.fid is None:
            continue
        for fid in range(file.fid, (file.last_fid or file.fid) + 1):
            assert (file.parent, fid) not in taken, file.name
            taken.add((file.parent, fid))


@each_template
def test_short_identifiers_are_unique_within_a_directory(template: Template) -> None:
    given = [(file.parent, file.sfi) for file in template.files.values() if file.sfi is not None]
    assert len(given) == len(set(given))
    assert all(1 <= sfi <= 30 for _, sfi in given)


@each_template
def test_rows_make_sense(template: Template) -> None:
    for file in template.files.values():
        assert 1 <= file.arr <= len(access_rules.RULES)
        assert (file.structure is None) == file.is_directory
        if file.parent:
            assert template.files[file.parent].is_directory
        if file.default_content and file.size and not file.record_length:
            assert len(file.content(file.size)) == file.size
            assert len(file.default_content.before + file.default_content.after) <= file.size


def optional_and_base(element: str) -> Iterator[tuple[Template, Template]]:
    for optional in ALL:
        if optional.element == "opt-" + element:
            yield from ((optional, base) for base in ALL if base.element == element)


@pytest.mark.parametrize("element", ["usim", "isim", "csim"])
def test_optional_files_do_not_meet_the_others(element: str) -> None:
    """The optional files stand in the same ADF, so neither identifier may occur twice."""
    for optional, base in optional_and_base(element):
        for name in ("fid", "sfi"):
            values = [
                getattr(file, name)
                for file in (*base.files.values(), *optional.files.values())
                if file.parent in (None, "adf-" + element) and getattr(file, name) is not None
            ]
            assert len(values) == len(set(values)), (optional.oid, name)


MODULE = (Path(__file__).parents[3] / "asn1" / "modules" / "saip.asn").read_text(encoding="utf-8")


def members(type_name: str) -> dict[str, str]:
    """Member to type of a SEQUENCE or CHOICE of the ASN.1 module."""
    body = re.search(rf"^{type_name} ::= \w+ {{(}}|\n.*?^}})", MODULE, re.DOTALL | re.MULTILINE)
    assert body, type_name
    return {words[0]: words[1].rstrip(",") for words in map(str.split, body[1].splitlines()) if words[1:]}


WITH_FILES = [name for name, kind in members("ProfileElement").items() if "File" in members(kind).values()]


@pytest.mark.parametrize("element", WITH_FILES)
def test_every_field_of_the_elements_has_a_row(element: str) -> None:
    kind = members("ProfileElement")[element]
    fields = {name for name, its_type in members(kind).items() if its_type == "File"}
    versions = [template for template in ALL if template.element == element]
    assert set().union(*(template.files for template in versions)) == fields


def test_every_template_has_its_element() -> None:
    assert {template.element for template in ALL} == set(WITH_FILES)
    parents = {template.parent for template in ALL} - {""}
    assert parents <= set(WITH_FILES)


def test_a_later_version_only_adds_fields() -> None:
    for earlier, later in itertools.pairwise(ALL):
        if earlier.element == later.element:
            assert list(later.files)[: len(earlier.files)] == list(earlier.files)


def ts48_files(package: bytes) -> Iterator[tuple[Template, FileTemplate, list[Any]]]:
    offset = 0
    while offset < len(package):
        (_, value), offset = saip.decode_prefix("ProfileElement", package, offset)
        if "templateID" in value:
            template = templates.by_oid(value["templateID"])
            for field, choices in value.items():
                if field in template.files:
                    yield template, template.files[field], choices


def test_ts48_agrees(ts48_package: Path) -> None:
    """GSMA's profiles state file identifier and structure even where the template has them: both agree.
    Where they leave out the size, the template has one that their content fits."""
    for _, file, choices in ts48_files(ts48_package.read_bytes()):
        fcp = dict(choices).get("fileDescriptor", {})
        if "fileID" in fcp:
            assert file.takes(int.from_bytes(fcp["fileID"], "big")), file.name
        if "fileDescriptor" in fcp:
            assert FileStructure(fcp["fileDescriptor"][0] & 0x3F) == file.structure
        if not file.is_directory and "efFileSize" not in fcp and "linkPath" not in fcp:
            written = sum(len(data) for kind, data in choices if kind == "fillFileContent")
            assert file.size is not None, file.name
            assert written <= file.size, file.name


def test_the_rule_of_a_record_file() -> None:
    file = templates.by_oid("2.23.143.1.2.4").files["ef-sms"]
    assert (file.record_count, file.record_length, file.size) == (10, 176, 1760)
    body = file.content(352, 176)
    assert body == (b"\x00" + b"\xff" * 175) * 2


@pytest.mark.parametrize(
    ("pattern", "length", "expected"),
    [
        ("FF*", 3, "FFFFFF"),
        ("07FF*", 4, "07FFFFFF"),
        ("FF*0000FF01", 6, "FFFF0000FF01"),
        ("FF*07", 1, "07"),
        ("(FFFFFF0000)*", 10, "FFFFFF0000FFFFFF0000"),
        ("0A", 1, "0A"),
        ("00000002", 4, "00000002"),
        ("0A", 3, "0AFFFF"),
        ("00*", 2, "0000"),
    ],
)
def test_pattern(pattern: str, length: int, expected: str) -> None:
    assert Pattern.parse(pattern).expand(length) == bytes.fromhex(expected)


def test_what_the_profile_has_to_give() -> None:
    files = templates.by_oid("2.23.143.1.2.4").files
    assert files["adf-usim"].parameters == ("fileID", "dfName", "pinStatusTemplateDO")
    assert files["ef-arr"].parameters == ("fileDescriptor", "efFileSize")
    assert files["ef-imsi"].parameters == ()
    assert files["ef-imsi"].content_required


@pytest.mark.parametrize(
    ("suffix", "field", "arr_file"),
    [
        ("1", "mf", 0x2F06),
        ("1", "ef-iccid", 0x2F06),
        ("3", "df-telecom", 0x2F06),
        ("3", "ef-sume", 0x6F06),
        ("3", "df-phonebook", 0x6F06),
        ("4", "adf-usim", 0x2F06),
        ("4", "ef-imsi", 0x6F06),
        ("5", "ef-li", 0x6F06),
        ("13", "df-df-5gs", 0x6F06),
        ("17", "ef-iccid", 0x2F06),
        ("17", "ef-imsi", 0x6F06),
    ],
)
def test_where_the_access_rules_are(suffix: str, field: str, arr_file: int) -> None:
    template = templates.by_oid(templates.ROOT + suffix)
    assert template.arr_file(template.files[field]) == arr_file


def test_later_elements_extend_the_adf_of_the_iot_template() -> None:
    roots = {template.element: template.root for template in ALL}
    assert roots["iot"] is not None
    assert roots["iot"].field == "adf-usim"
    assert roots["opt-iot"] is roots["opt-usim"] is None


def test_unknown_template() -> None:
    with pytest.raises(templates.UnknownTemplateError, match=r"2\.23\.143\.1\.2\.99"):
        templates.by_oid("2.23.143.1.2.99")


@pytest.mark.parametrize("number", range(1, 15))
def test_access_rules_are_read_back(number: int) -> None:
    """Access mode and condition alternate, and no operation is named twice."""
    record = access_rules.RECORDS[number - 1]
    assert record[0] in (0x80, 0x84)
    modes = [mode for mode, _ in access_rules.RULES[number - 1] if mode <= 0xFF]
    assert sum(modes) == functools.reduce(int.__or__, modes)
