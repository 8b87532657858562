"""ES10b.LoadBoundProfilePackage: the ES8+ functions in it, segment by segment (SGP.22 §5.7.6, §5.5, §2.5).

The package comes in the pieces that §2.5.5 cuts. Every piece answers nothing until the last one, or the
first that fails, which answers with the signed ProfileInstallationResult. Until then nothing is installed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from asn1 import Asn1Error, rsp, tlv
from simulator.crypto.bsp import Bsp, BspSecurityError, BspStructureError, SessionKeys, derive_session_keys
from simulator.crypto.ecc import shared_secret, sign_raw, verify_raw
from simulator.crypto.errors import CryptoError
from simulator.crypto.keylog import BSP, log_keys
from simulator.euicc.authentication import signature_tlv
from simulator.euicc.core import EuiccCore, Session
from simulator.euicc.identity import Credential
from simulator.euicc.metadata import Objection, profile_class, read_metadata
from simulator.euicc.notifications import INSTALL, Notification
from simulator.euicc.profiles import TEST, Profile
from simulator.profile import ProfileError, image_of, pe_response
from simulator.uicc.filesystem import FileSystem
from simulator.uicc.image import CardImage

BPP, INITIALISE = 0xBF36, 0xBF23
CONFIGURE, METADATA, REPLACE_KEYS, LOAD = 0xA0, 0xA1, 0xA2, 0xA3
SEGMENT_TAG = {CONFIGURE: 0x87, METADATA: 0x88, REPLACE_KEYS: 0x87, LOAD: 0x86}
FOLLOWERS = {BPP: (CONFIGURE,), CONFIGURE: (METADATA,), METADATA: (REPLACE_KEYS, LOAD), REPLACE_KEYS: (LOAD,)}
"""Which sequence may follow which."""
PIECE_TAGS = frozenset({BPP, *SEGMENT_TAG, *SEGMENT_TAG.values()})
_INSTALL_OPERATION = 1
_KEY_TYPE, _KEY_LENGTH = b"\x88", b"\x10"


class BppCommand(IntEnum):
    """bppCommandId, SGP.22 §2.5.6."""

    INITIALISE_SECURE_CHANNEL = 0
    CONFIGURE_ISDP = 1
    STORE_METADATA = 2
    STORE_METADATA2 = 3
    REPLACE_SESSION_KEYS = 4
    LOAD_PROFILE_ELEMENTS = 5


class Reason(IntEnum):
    """errorReason, SGP.22 §2.5.6."""

    INCORRECT_INPUT_VALUES = 1
    INVALID_SIGNATURE = 2
    INVALID_TRANSACTION_ID = 3
    UNSUPPORTED_CRT_VALUES = 4
    UNSUPPORTED_REMOTE_OPERATION_TYPE = 5
    UNSUPPORTED_PROFILE_CLASS = 6
    SCP03T_STRUCTURE_ERROR = 7
    SCP03T_SECURITY_ERROR = 8
    ICCID_ALREADY_EXISTS = 9
    INSUFFICIENT_MEMORY = 10
    INTERRUPTION = 11
    PE_PROCESSING_ERROR = 12
    DATA_MISMATCH = 13
    INVALID_NAA_KEY = 14
    PPR_NOT_ALLOWED = 15
    ENTERPRISE_PROFILES_NOT_SUPPORTED = 17
    ENTERPRISE_RULES_NOT_ALLOWED = 18
    ENTERPRISE_PROFILE_NOT_ALLOWED = 19
    ENTERPRISE_OID_MISMATCH = 20
    ENTERPRISE_RULES_ERROR = 21
    ENTERPRISE_PROFILES_ONLY = 22
    LPR_NOT_SUPPORTED = 23
    UNKNOWN_TLV_IN_METADATA = 26
    UNKNOWN = 127


class InstallationError(Exception):
    """The installation ends here; `response` is the EUICCResponse, where profile elements were at fault."""

    def __init__(self, command: BppCommand, reason: Reason, response: bytes = b"") -> None:
        super().__init__(f"{command.name}: {reason.name}")
        self.command = command
        self.reason = reason
        self.response = response


_COMMAND_OF = {
    BPP: BppCommand.INITIALISE_SECURE_CHANNEL,
    CONFIGURE: BppCommand.CONFIGURE_ISDP,
    METADATA: BppCommand.STORE_METADATA,
    REPLACE_KEYS: BppCommand.REPLACE_SESSION_KEYS,
    LOAD: BppCommand.LOAD_PROFILE_ELEMENTS,
}


@dataclass(slots=True)
class Installation:
    """One bound profile package on its way in."""

    core: EuiccCore
    session: Session
    credential: Credential
    stage: int = BPP
    """The sequence whose segments come now."""
    expected: int = 0
    """Bytes of that sequence that are still to come."""
    remaining: int = 0
    """Bytes of the package that no sequence has claimed yet."""
    bsp: Bsp | None = None
    dp_oid: str = ""
    metadata_der: bytes = b""
    metadata: dict[str, Any] = field(default_factory=dict)
    command_data: bytes = b""
    """Decrypted data of ConfigureISDP or ReplaceSessionKeys so far."""
    package: bytearray = field(default_factory=bytearray)

    def take(self, piece: bytes) -> bytes | None:
        """Take a piece; the ProfileInstallationResult when it was the last or failed, else None."""
        try:
            self._take(piece)
            if self.stage == LOAD and not self.expected:
                return self._install()
        except InstallationError as error:
            return self.fail(error)
        except Asn1Error:
            return self.fail(InstallationError(_COMMAND_OF[self.stage], Reason.SCP03T_STRUCTURE_ERROR))
        return None

    # --- pieces ----------------------------------------------------------------------------------------

    def _take(self, piece: bytes) -> None:
        tag = piece[0] if piece else 0
        if self.expected:
            self._segment(piece)
        elif tag in FOLLOWERS.get(self.stage, ()):
            self._open_sequence(tag, piece)
        else:
            raise self._structure_error()

    def _structure_error(self) -> InstallationError:
        return InstallationError(_COMMAND_OF[self.stage], Reason.SCP03T_STRUCTURE_ERROR)

    def _open_sequence(self, tag: int, piece: bytes) -> None:
        """The header of a sequence; 'A0' and 'A2' bring their segments along."""
        self._finish_stage()
        _, offset, end = tlv.read_header(piece, 0)
        self.stage, self.expected = tag, end - offset
        self.remaining -= end
        if self.remaining < 0 or (tag == LOAD and self.remaining):
            raise self._structure_error()
        rest = piece[offset:]
        while rest:
            segment = tlv.read(rest).end
            self._segment(rest[:segment])
            rest = rest[segment:]
        if end == offset:
            raise self._structure_error()

    def _segment(self, segment: bytes) -> None:
        if segment[:1] != bytes((SEGMENT_TAG[self.stage],)) or len(segment) > self.expected:
            raise self._structure_error()
        self.expected -= len(segment)
        assert self.bsp is not None
        try:
            if self.stage == METADATA:
                self.metadata_der += self.bsp.verify_mac_only(segment)
                return
            plain = self.bsp.unprotect(segment)
        except BspStructureError:
            raise self._structure_error() from None
        except BspSecurityError:
            raise InstallationError(_COMMAND_OF[self.stage], Reason.SCP03T_SECURITY_ERROR) from None
        if self.stage == LOAD:
            self.package += plain
            self._check_memory()
        else:
            self.command_data += plain

    def _check_memory(self) -> None:
        if len(self.package) > self.core.registry.free:
            raise InstallationError(BppCommand.LOAD_PROFILE_ELEMENTS, Reason.INSUFFICIENT_MEMORY)

    def _finish_stage(self) -> None:
        """All segments of a command are there: carry it out."""
        if self.stage == CONFIGURE:
            self._configure()
        elif self.stage == METADATA:
            self._store_metadata()
        elif self.stage == REPLACE_KEYS:
            self._replace_keys()

    # --- ES8+ functions ---------------------------------------------------------------------------------

    def initialise_secure_channel(self, piece: bytes) -> None:
        """§5.5.1: the header of the package with InitialiseSecureChannelRequest in it."""
        command = BppCommand.INITIALISE_SECURE_CHANNEL
        try:
            _, offset, end = tlv.read_header(piece, 0)
            self.remaining = end - len(piece)
            request = rsp.decode("InitialiseSecureChannelRequest", piece[offset:])
        except Asn1Error:
            raise InstallationError(command, Reason.INCORRECT_INPUT_VALUES) from None
        if request["remoteOpId"] != _INSTALL_OPERATION:
            raise InstallationError(command, Reason.UNSUPPORTED_REMOTE_OPERATION_TYPE)
        if request["transactionId"] != self.session.transaction_id:
            raise InstallationError(command, Reason.INVALID_TRANSACTION_ID)
        self._verify(piece[offset:], request)
        template = request["controlRefTemplate"]
        if template["keyType"] != _KEY_TYPE or template["keyLen"] != _KEY_LENGTH:
            raise InstallationError(command, Reason.UNSUPPORTED_CRT_VALUES)
        self._agree_on_keys(request["smdpOtpk"], template["hostId"])

    def _verify(self, raw: bytes, request: dict[str, Any]) -> None:
        """smdpSign covers the members before it, and the eUICC's one-time key (§5.5.1)."""
        certificate = self.core.identity.chains.parse(self.session.pb_certificate)
        self.dp_oid = certificate.registered_id
        _, offset, _ = tlv.read_header(raw, 0)
        members = raw[offset : len(raw) - len(signature_tlv(request["smdpSign"]))]
        covered = members + tlv.encode(0x5F49, self.session.one_time_point)
        if len(request["smdpSign"]) != 64 or not verify_raw(
            certificate.public_key, request["smdpSign"], covered
        ):
            raise InstallationError(BppCommand.INITIALISE_SECURE_CHANNEL, Reason.INVALID_SIGNATURE)

    def _agree_on_keys(self, point: bytes, host_id: bytes) -> None:
        assert self.session.one_time_key is not None
        try:
            secret = shared_secret(self.session.one_time_key, point)
            keys = derive_session_keys(secret, host_id=host_id, eid=self.core.identity.eid)
        except CryptoError:
            raise InstallationError(
                BppCommand.INITIALISE_SECURE_CHANNEL, Reason.INCORRECT_INPUT_VALUES
            ) from None
        log_keys(self.core.key_log, BSP, point, keys)
        self.bsp = Bsp.from_keys(keys)

    def _configure(self) -> None:
        """§5.5.2 ConfigureISDP: the SM-DP+ leaves its OID."""
        try:
            request = rsp.decode("ConfigureISDPRequest", bytes(self.command_data))
        except Asn1Error:
            raise InstallationError(BppCommand.CONFIGURE_ISDP, Reason.INCORRECT_INPUT_VALUES) from None
        self.dp_oid = request.get("dpProprietaryData", {}).get("dpOid", self.dp_oid)
        self.command_data = b""

    def _store_metadata(self) -> None:
        """§5.5.3 StoreMetadata, and what makes a profile unwelcome before any of it is loaded."""
        try:
            self.metadata = read_metadata(self.core, self.metadata_der)
        except Objection as objection:
            reason = Reason(rsp.names("ErrorReason")[objection.name])
            raise InstallationError(BppCommand.STORE_METADATA, reason) from None

    def _replace_keys(self) -> None:
        """§5.5.4 ReplaceSessionKeys: the profile protection keys take over."""
        try:
            request = rsp.decode("ReplaceSessionKeysRequest", bytes(self.command_data))
            keys = SessionKeys(request["ppkEnc"], request["ppkCmac"], request["initialMacChainingValue"])
            if {len(key) for key in keys} != {16}:
                raise Asn1Error("a key has not 16 bytes")
        except Asn1Error:
            raise InstallationError(BppCommand.REPLACE_SESSION_KEYS, Reason.INCORRECT_INPUT_VALUES) from None
        self.bsp = Bsp.from_keys(keys)

    # --- the end ------------------------------------------------------------------------------------------

    def _install(self) -> bytes:
        """§5.5.5: the whole package is there; build the profile, then change the eUICC in one go."""
        package = bytes(self.package)
        try:
            image = image_of(package)
            self._check_iccid(image)
        except ProfileError as error:
            raise InstallationError(
                BppCommand.LOAD_PROFILE_ELEMENTS, Reason.PE_PROCESSING_ERROR, pe_response(error)
            ) from None
        if profile_class(self.metadata) == TEST and not all(_is_test_key(aka.key) for aka in image.akas):
            raise InstallationError(BppCommand.LOAD_PROFILE_ELEMENTS, Reason.INVALID_NAA_KEY)
        core = self.core
        profile = Profile(
            core.registry.allocate_aid(),
            self.metadata,
            package,
            FileSystem(image),
            self.credential.ci_key_id,
            self.dp_oid,
        )
        result = {"aid": profile.aid, "simaResponse": pe_response(None)}
        answer = self._result(("successResult", result))
        core.registry.profiles.append(profile)
        core.last_installed = profile.aid
        core.notifications.announce(
            profile, INSTALL, self.credential, lambda address: address != self.session.server_address
        )
        self._end_session()
        return answer

    def _check_iccid(self, image: CardImage) -> None:
        """The ICCID of the metadata, coded as in EF.ICCID, must be the header's."""
        swapped = bytes((byte << 4 | byte >> 4) & 0xFF for byte in self.metadata["iccid"])
        if image.iccid != swapped:
            raise InstallationError(BppCommand.LOAD_PROFILE_ELEMENTS, Reason.DATA_MISMATCH)

    def interrupt(self) -> None:
        """Something else came, or a reset, before the last piece: the result waits as a notification."""
        self.fail(InstallationError(_COMMAND_OF[self.stage], Reason.INTERRUPTION))

    def fail(self, error: InstallationError) -> bytes:
        result: dict[str, Any] = {"bppCommandId": int(error.command), "errorReason": int(error.reason)}
        if error.response:
            result["simaResponse"] = error.response
        answer = self._result(("errorResult", result))
        self.core.session = None
        return answer

    def _end_session(self) -> None:
        self.core.retained_key = None
        self.core.session = None

    def _result(self, final: tuple[str, dict[str, Any]]) -> bytes:
        """The signed ProfileInstallationResult; it is a notification as well (§2.5.6, §3.5)."""
        notifications = self.core.notifications
        metadata = notifications.next_metadata(
            INSTALL, self.session.server_address, self.metadata.get("iccid")
        )
        data = rsp.encode(
            "ProfileInstallationResultData",
            {
                "transactionId": self.session.transaction_id,
                "notificationMetadata": metadata,
                "smdpOid": self.session.server_oid,
                "finalResult": final,
            },
        )
        result = tlv.encode(0xBF37, data + signature_tlv(sign_raw(self.credential.key, data)))
        notifications.add(Notification(metadata, result))
        return result


def begin(core: EuiccCore, piece: bytes) -> tuple[Installation | None, bytes]:
    """The first piece of a package: the installation that goes on, or the result that ends it at once."""
    session = core.session
    if session is None or session.credential is None or session.one_time_key is None:
        return None, b""
    installation = Installation(core, session, session.credential)
    try:
        installation.initialise_secure_channel(piece)
    except InstallationError as error:
        return None, installation.fail(error)
    return installation, b""


def _is_test_key(key: bytes) -> bool:
    """Whether a key may be that of a test profile: 00 01 02 … up to the last byte, which is free, so that no
    operator's network can be used with it (§2.4.5.3)."""
    return key[:-1] == bytes(range(len(key) - 1))
