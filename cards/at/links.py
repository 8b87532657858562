"""Links that carry whole APDUs: AT+CSIM, and AT+CCHO, +CGLA, +CCHC (TS 27.007 §8.17, §8.43, §8.45, §8.46)."""

from __future__ import annotations

from cards.apdu import CommandApdu
from cards.at.client import AtClient, ModemError
from cards.errors import CardProtocolError
from cards.processors import class_on_channel
from cards.status import SW

MANAGE_CHANNEL, SELECT = 0x70, 0xA4


def exchange(client: AtClient, command: str, prefix: str, apdu: bytes) -> bytes:
    """One APDU in `command` (`+CSIM=` or `+CGLA=1,`); lengths count hexadecimal digits."""
    digits = apdu.hex().upper()
    lines = client.execute(f'{command}{len(digits)},"{digits}"', prefix)
    if not lines:
        raise CardProtocolError(
            f"the modem said OK to AT{command.rstrip('=')} and gave no answer of the card"
        )
    length, _, answer = lines[0].partition(",")
    answer = answer.strip().strip('"')
    try:
        data = bytes.fromhex(answer)
    except ValueError:
        raise CardProtocolError(f"the modem's answer {lines[0]!r} is not hexadecimal") from None
    if length.strip() != str(len(answer)) or len(data) < 2:
        raise CardProtocolError(f"the modem's answer {lines[0]!r} is not as long as it says")
    return data


def restart(client: AtClient) -> bytes:
    """Switch the modem to minimum functionality and back, which resets its card (TS 27.007 §8.2). No AT
    command tells the ATR, so it is empty."""
    client.execute("+CFUN=0")
    client.execute("+CFUN=1")
    return b""


class CsimLink:
    """Every APDU in an AT+CSIM. The modem speaks to the same card meanwhile: use a logical channel."""

    def __init__(self, client: AtClient) -> None:
        self._client = client

    def transmit(self, apdu: bytes, /) -> bytes:
        return exchange(self._client, "+CSIM=", "+CSIM:", apdu)

    def reset(self) -> bytes:
        """Reset card and modem; the ATR is empty, for no AT command tells it."""
        return restart(self._client)

    def close(self) -> None:
        self._client.close()


class CglaLink:
    """APDUs on logical channels that the modem opens for an application each.

    To who sends them it is a card: MANAGE CHANNEL gives a channel number of this link, and the SELECT by AID
    on it becomes AT+CCHO. The modem itself puts the number of its channel into CLA (§8.45, NOTE). On the
    basic channel, which belongs to the modem, commands are refused with '6881'.
    """

    def __init__(self, client: AtClient) -> None:
        self._client = client
        self._sessions: dict[int, int | None] = {}
        """Channel number of ours → <sessionid>, None before an application was selected."""

    def transmit(self, apdu: bytes, /) -> bytes:
        command = CommandApdu.parse(apdu)
        channel = _channel(command.cla)
        if command.ins == MANAGE_CHANNEL and channel == 0:
            return self._manage_channel(command)
        if channel not in self._sessions:
            return SW.LOGICAL_CHANNEL_NOT_SUPPORTED.to_bytes(2, "big")
        if command.ins == SELECT and command.p1 == 0x04:
            return self._select(channel, command)
        session = self._sessions[channel]
        if session is None:
            return SW.CONDITIONS_NOT_SATISFIED.to_bytes(2, "big")
        return self._send(session, command)

    def _send(self, session: int, command: CommandApdu) -> bytes:
        if session in range(1, 20):
            command = command.with_class(class_on_channel(command.cla, session))
        return exchange(self._client, f"+CGLA={session},", "+CGLA:", command.to_bytes())

    def _manage_channel(self, command: CommandApdu) -> bytes:
        if command.p1 == 0x80:
            if command.p2 not in self._sessions:
                return SW.INCORRECT_P1_P2.to_bytes(2, "big")
            self._close(command.p2)
            return SW.OK.to_bytes(2, "big")
        free = [number for number in range(1, 20) if number not in self._sessions]
        if not free:
            return SW.FUNCTION_NOT_SUPPORTED.to_bytes(2, "big")
        self._sessions[free[0]] = None
        return bytes((free[0],)) + SW.OK.to_bytes(2, "big")

    def _select(self, channel: int, command: CommandApdu) -> bytes:
        """A channel of the modem for the application, in place of the one before; the card's answer to SELECT
        on it, or '9000' alone where the modem lets no second SELECT pass."""
        self._close(channel)
        self._sessions[channel] = None
        try:
            lines = self._client.execute(f'+CCHO="{command.data.hex().upper()}"')
        except ModemError as error:
            if error.number is not None:
                # The modem does not pass on what the card said; that it is missing is the usual reason.
                return SW.FILE_NOT_FOUND.to_bytes(2, "big")
            raise
        session = self._sessions[channel] = _session_id(lines)
        try:
            return self._send(session, command)
        except ModemError:
            return SW.OK.to_bytes(2, "big")

    def _close(self, channel: int) -> None:
        session = self._sessions.pop(channel, None)
        if session is not None:
            self._client.execute(f"+CCHC={session}")

    def reset(self) -> bytes:
        """Close all channels; the card and the modem go on. The ATR is empty."""
        for channel in list(self._sessions):
            self._close(channel)
        return b""

    def close(self) -> None:
        """Give channels and port back."""
        try:
            self.reset()
        finally:
            self._client.close()


def _session_id(lines: list[str]) -> int:
    """`<sessionid>`, with which many modems say `+CCHO: <sessionid>`."""
    for line in lines:
        text = line.removeprefix("+CCHO:").strip()
        if text.isdecimal():
            return int(text)
    raise CardProtocolError(f"the modem opened a channel and gave no session id: {lines!r}")


def _channel(cla: int) -> int:
    """The logical channel in a class byte (TS 102 221 §10.1.1)."""
    return cla & 0x03 if not cla & 0x40 else 4 + (cla & 0x0F)
