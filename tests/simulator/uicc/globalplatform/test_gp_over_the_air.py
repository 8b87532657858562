"""Remote application management: a security domain takes commands from secured packets (TS 102 226 §8)."""

from __future__ import annotations

from asn1 import tlv
from simulator.crypto.scp80 import CommandPacket, Spi, open_response, secure_command
from simulator.crypto.scp80_algorithms import Algorithm, Key, Keys, encipher
from simulator.crypto.secure_channel import key_check_value
from simulator.profile import build, describe, image_of
from simulator.uicc import Card, FileSystem
from tests.simulator.conftest import entropy
from tests.simulator.uicc.globalplatform.conftest import AES, ISD, Terminal, image, keys_of
from tests.simulator.uicc.ota.conftest import download

GET_RESPONSE = "00C0000000"
"""What brings the answer of a command with data, in compact format."""
KIK = Key(keys_of(16).dek, Algorithm.AES)


class Network:
    """Sends scripts to the issuer security domain, TAR '000000', ciphered and with a MAC of AES."""

    def __init__(self, card: Card, version: int = 1) -> None:
        self.card = card
        self.version = version
        self.keys = Keys(Key(keys_of(16).enc, Algorithm.AES), Key(keys_of(16).mac, Algorithm.AES))
        self.counter = 0

    def __call__(self, script: str) -> str:
        self.counter += 1
        named = self.version << 4 | 0x2
        spi = Spi.parse(bytes.fromhex("1619"))
        command = CommandPacket(spi, named, named, bytes(3), self.counter, bytes.fromhex(script))
        answer = self.card.ota.handle(download(b"\x02\x70\x00" + secure_command(command, self.keys)))
        response = open_response(answer[3:], command, self.keys)
        assert response.status == 0, response
        return response.data.hex().upper()


def put_key(version: int) -> str:
    data = bytes((version,))
    for key in keys_of(16):
        data += bytes((AES, 17, 16)) + encipher(0x2, KIK, key) + b"\x03" + key_check_value(key, is_aes=True)
    return "80D80081" + f"{len(data):02X}" + data.hex() + GET_RESPONSE


def make() -> Network:
    card = Card(FileSystem(image()), entropy=entropy("over the air"))
    return Network(card)


def test_the_registry_is_read_and_changed() -> None:
    network = make()
    assert network("80F28002024F00" + GET_RESPONSE).startswith("029000E3")
    install = "07A000000151535008A00000015153504109A00000015153500001018002C90000"
    assert network("80E60C00" + f"{len(install) // 2:02X}" + install + GET_RESPONSE) == "02900000"
    assert bytes.fromhex("A00000015153500001") in network.card.files.registry.instances
    delete = "80E400000B4F09A00000015153500001"
    assert network(delete + GET_RESPONSE) == "02900000"
    assert network(delete) == "016A88"


def test_new_keys_secure_the_next_packets() -> None:
    network = make()
    assert network(put_key(0x02)).startswith("02900002")
    other = Network(network.card, version=2)
    assert other("80F28002024F00" + GET_RESPONSE).startswith("029000E3")
    assert network(put_key(0x3A)).startswith("0290003A")
    Terminal(network.card).open(0x3A, 0x33, keys_of(16))


def test_the_expanded_format() -> None:
    """A command scripting template: GET STATUS, then GET DATA of what is not there."""
    apdus = "220880F28002024F0000" + "220580CA004200"
    answer = bytes.fromhex(make()("AA11" + apdus))
    template = tlv.read(answer)
    assert template.tag == 0xAB
    bodies = [part.value for part in tlv.read_all(template.value) if part.tag == 0x23]
    assert bodies[0].startswith(b"\xe3")
    assert bodies[0].endswith(bytes.fromhex("9000"))
    assert bodies[-1] == bytes.fromhex("6A88")


def test_a_session_at_the_terminal_knows_nothing_of_it() -> None:
    network = make()
    terminal = Terminal(network.card)
    terminal.open(0x30, 0x33)
    assert network("80CA006600").startswith("01900066")
    assert terminal.send("CA0066").data[0] == 0x66
    terminal.select(ISD)
    assert terminal.plain(0x80, "F28002", bytes.fromhex("4F00")).sw == "6982"


def test_a_card_from_a_description_has_its_keys() -> None:
    """The same YAML that builds profiles gives a card whose security domain opens with SCP02 and SCP03."""
    subscription = describe.load_shipped("home-operator")
    keys = tuple(
        describe.RemoteKey.model_validate(
            {"version": version, "identifier": identifier, "value": value.hex(), "type": kind}
        )
        for version, kind in ((0x20, "des"), (0x30, "aes"))
        for identifier, value in enumerate(keys_of(16), 1)
    )
    described = subscription.model_copy(update={"remote_keys": (*subscription.remote_keys, *keys)})
    card = Card(FileSystem(image_of(build.build_package(described))), entropy=entropy("described"))
    terminal = Terminal(card)
    domain = next(iter(card.files.registry.instances))
    for version, level in ((0x20, 0x03), (0x30, 0x33)):
        terminal.open(version, level, keys_of(16), aid=domain)
        entry = tlv.read(terminal.send("F28002", bytes.fromhex("4F00")).data)
        assert tlv.find(entry.value, 0x4F) == domain
