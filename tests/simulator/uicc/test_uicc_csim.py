"""A profile with a CSIM: its application is listed, selected and read, though the card authenticates no CDMA
network."""

from __future__ import annotations

import re
from pathlib import Path

from asn1 import saip
from simulator.profile import build, describe, image_of, templates
from simulator.uicc import Card, FileSystem
from tests.simulator.uicc.conftest import Terminal
from tests.simulator.uicc.test_uicc_instructions import walk

CSIM = bytes.fromhex("A0000003431002FFFFFFFF8900000100")
MODULE = (Path(__file__).parents[3] / "asn1" / "modules" / "saip.asn").read_text(encoding="utf-8")


def csim_element(rules: object) -> tuple[str, dict[str, object]]:
    """PE-CSIM with the files of its template as they are; EF.ARR and EF.AD have contents of their own."""
    described = re.search(r"^PE-CSIM ::= SEQUENCE \{(.*?)\n\}", MODULE, re.DOTALL | re.MULTILINE)
    assert described
    members = [line.split()[0] for line in described[1].strip().splitlines()]
    template = next(one for one in map(templates.by_oid, templates.oids()) if one.element == "csim")
    element: dict[str, object] = {name: [] for name in members}
    element["csim-header"] = {"mandated": None, "identification": 77}
    element["templateID"] = template.oid
    element["adf-csim"] = [
        (
            "fileDescriptor",
            {
                "fileID": bytes.fromhex("7FF3"),
                "dfName": CSIM,
                "pinStatusTemplateDO": bytes.fromhex("01810A"),
                "securityAttributesReferenced": bytes.fromhex("0A"),
            },
        )
    ]
    element["ef-arr"] = rules
    element["ef-ad"] = [("fillFileContent", bytes.fromhex("020000"))]
    return "csim", element


def test_a_csim_is_selected_and_read() -> None:
    listed = list(build.elements(describe.load_shipped("test-operator")))
    rules = next(element["ef-arr"] for name, element in listed if name == "usim")
    whole = (*listed[:-1], csim_element(rules), listed[-1])
    package = b"".join(saip.encode("ProfileElement", element) for element in whole)
    terminal = Terminal(Card(FileSystem(image_of(package)), entropy=bytes))
    walk(
        terminal,
        f"""
        00A4040C07A0000003431002    -> 9000
        80F2000112                  -> 8410{CSIM.hex()}9000
        00A4000C026F43              -> 9000     # EF.AD of C.S0065 §5.2.20
        00B0000003                  -> 0200009000
        00A4000C026F22              -> 9000     # EF.IMSI_M
        00B0000001                  -> FF 9000  # PIN1 is disabled in this subscription
        00A4000C027FFF              -> 9000
        00880081220010              -> 6700
        """,
    )
    rand_and_autn = "10" + "00" * 16 + "10" + "00" * 16
    assert terminal("0088008122" + rand_and_autn + "00") == "6985", "no authentication parameters"
