"""ES6.UpdateMetadata: an operator changes over the air what its profile says of itself (SGP.22 §5.4.1; by
SCP80 to the MNO-SD).

The profile is one of these checks, with keys that they know; it is enabled for as long as a check lasts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from asn1 import rsp
from simulator.conformance.known import RemoteKeys
from simulator.conformance.model import Check, Subject, expect, require
from simulator.conformance.ota import ISSUER, Sender
from simulator.conformance.outcomes import Value, case, profile_of
from simulator.conformance.server import ICCID, Server, serving
from simulator.conformance.states import back, enabled
from simulator.crypto.scp80 import ResponseStatus
from simulator.profile import describe

_TAGS = bytes.fromhex("5A9192939499B6B7")
_PPR2 = (b"\x20", 3)


class _Operator:
    """The operator of an enabled profile."""

    def __init__(self, subject: Subject, server: Server) -> None:
        self.server = server
        keys = describe.load_shipped("test-operator").remote_keys
        known = RemoteKeys(1, {key.identifier: key.value for key in keys if key.version == 1})
        self._sender = Sender(subject.link, known, ISSUER)

    def store(self, data: bytes) -> str:
        """STORE DATA with one block of BER-TLV data in a secured packet; its status word."""
        script = b"\x80\xe2\x90\x00" + bytes((len(data),)) + data
        proof = self._sender.proof(self._sender.packet(script))
        expect(proof.status is ResponseStatus.POR_OK, f"the packet is refused: {proof.status.name}")
        return proof.data[1:3].hex().upper()

    def update(self, **members: Any) -> str:
        return self.store(rsp.encode("UpdateMetadataRequest", members))

    @property
    def metadata(self) -> Value:
        """What GetProfilesInfo tells."""
        found = self.server.isdr.get_profiles_info(("iccid", ICCID.to_bytes()), _TAGS)
        expect(bool(found), "the profile is not listed any more")
        return found[0]


@contextmanager
def _operator(subject: Subject, **members: Any) -> Iterator[_Operator]:
    with serving(subject) as server:
        before = enabled(server)
        aid = server.profile(**members)["isdpAid"]
        server.isdr.enable_profile(aid, refresh=False)
        try:
            yield _Operator(subject, server)
        finally:
            back(server, aid, before)


def _takes(operator: _Operator, wanted: str, doing: str, **members: Any) -> None:
    answered = operator.update(**members)
    expect(answered in wanted.split("|"), f"{doing}: {answered} in place of {wanted}")


def _names(subject: Subject) -> None:
    with _operator(subject) as operator:
        _takes(operator, "9000", "new names", serviceProviderName="New", profileName="Plan B")
        told = operator.metadata
        expect(
            told["serviceProviderName"] == "New", f"serviceProviderName is {told['serviceProviderName']!r}"
        )
        expect(told["profileName"] == "Plan B", f"profileName is {told['profileName']!r}")


def _icon(subject: Subject) -> None:
    with _operator(subject) as operator:
        _takes(operator, "9000", "an icon", iconType=1, icon=b"\x89PNG")
        expect(operator.metadata.get("icon") == b"\x89PNG", "GetProfilesInfo tells another icon")
        _takes(operator, "9000", "an empty icon", iconType=0, icon=b"")
        expect(not operator.metadata.get("icon"), "the icon is still there")


def _rule_unset(subject: Subject) -> None:
    """A policy rule can be unset over the air; then the profile can be deleted."""
    with serving(subject) as server:
        allowed = any(entry["pprIds"][0][0] & 0x20 for entry in server.isdr.get_rat() if entry["pprIds"][0])
        require(allowed, "the rules authorisation table does not allow ppr2")
    with _operator(subject, profilePolicyRules=_PPR2) as operator:
        _takes(operator, "9000", "unsetting ppr2", profilePolicyRules=(b"\x00", 1))
        expect("profilePolicyRules" not in operator.metadata, "the rule is still there")
        _takes(operator, "9000", "setting ppr2", profilePolicyRules=_PPR2)
        expect("profilePolicyRules" not in operator.metadata, "a rule was set over the air")


def _refused(subject: Subject) -> None:
    """What is refused changes nothing: half an icon, a message that is cut off."""
    with _operator(subject) as operator:
        before = operator.metadata
        for doing, message in (
            ("an icon without its type", "BF2A0494023031"),
            ("the type of an icon alone", "BF2A03930101"),
            ("a message that is cut off", "BF2A0791034142439301"),
        ):
            answered = operator.store(bytes.fromhex(message))
            expect(answered == "6A80", f"{doing}: {answered} in place of 6A80")
        expect(operator.metadata == before, "a refused update changes the metadata")


def _rule_control(subject: Subject) -> None:
    with _operator(subject) as operator:
        wanted = "6A81" if operator.server.is_v3 else "6A80"
        _takes(operator, wanted, "pprUpdateControl", profilePolicyRules=(b"\x80", 1))


def _deletion(subject: Subject) -> None:
    """Version 3 deletes members by their tags, those that may be."""
    with _operator(subject) as operator:
        expect("notificationConfigurationInfo" in operator.metadata, "the profile notifies nobody")
        _takes(operator, "9000", "deletion of 'B6'", tagsForDeletion=b"\xb6")
        expect("notificationConfigurationInfo" not in operator.metadata, "the member is still there")
        _takes(operator, "6A80", "deletion of the ICCID", tagsForDeletion=b"\x5a")
        _takes(operator, "6A80", "what is set and deleted at once",
               notificationConfigurationInfo=[], tagsForDeletion=b"\xb6")  # fmt: skip


def _owner(subject: Subject) -> None:
    """Version 3: remote management is not given to another owner, nor the profile to an enterprise."""
    manager = {"managingDpOid": "2.999.10"}
    own = {"managingDpList": [manager], "profileOwnerOid": "2.999.77"}
    with _operator(subject, rpmConfiguration=own) as operator:
        taken = {**own, "profileOwnerOid": "2.999.78"}
        _takes(operator, "6A81", "another owner", rpmConfiguration=taken)
        enterprise = {"enterpriseOid": "2.999.5", "enterpriseName": "Other"}
        _takes(operator, "6985", "an enterprise", enterpriseConfiguration=enterprise)


def _outlives(subject: Subject) -> None:
    with _operator(subject) as operator:
        _takes(operator, "9000", "a new name", profileName="Kept")
        operator.server.isdr.restart()
        found = profile_of(operator.server.isdr, ICCID.to_bytes())
        expect(found is not None and found["profileName"] == "Kept", "a reset takes the update back")


def _row(title: str, run: Callable[[Subject], None], *needs: str) -> Check:
    return Check(
        "metadata", f"UpdateMetadata {title}", "SGP.22 §5.4.1", run, ("es10c", "server", *needs), True,
        case("UpdateMetadata"),
    )  # fmt: skip


CHECKS = (
    _row("changes names", _names),
    _row("changes an icon, and takes it away", _icon),
    _row("is for good", _outlives),
    _row("unsets a policy rule, and sets none", _rule_unset),
    _row("refuses half an icon and half a message: 6A80", _refused),
    _row("refuses another way of updating rules", _rule_control),
    _row("deletes members by their tags, and refuses others: 6A80", _deletion, "version3"),
    _row("refuses another owner and another enterprise: 6A81, 6985", _owner, "version3"),
)
"""The checks of this suite."""
