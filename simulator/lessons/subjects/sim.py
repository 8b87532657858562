"""Lesson 1: what is on a SIM (TS 102 221, TS 31.102 §4)."""

from __future__ import annotations

from cards import Iccid, Plmn, Uicc
from cards.identities import luhn_digit, swap_nibbles
from cards.status import SW, StatusWord
from simulator.lessons.listening import Listener
from simulator.lessons.model import (
    Kind,
    Option,
    Steps,
    ask,
    chapter,
    choice,
    claim,
    mistake,
    option,
    say,
    show,
    text,
)
from simulator.lessons.parts import PIN1, content, files_of, hexed, plain_sim, refusal, subscription
from simulator.specimens.sim import PlainSim


def steps() -> Steps:
    """Power up a SIM, read its numbers, meet its PIN, and look for its key."""
    sim = plain_sim()
    listener = Listener(sim.card)
    uicc = Uicc(listener.link)
    yield from _talking(listener, uicc)
    yield from _files(listener, uicc)
    yield from _pin(listener, uicc)
    yield from _subscriber(listener, uicc)
    yield from _networks(listener, uicc)
    yield from _key(sim)


def _talking(listener: Listener, uicc: Uicc) -> Steps:
    listener.link.reset()
    (reset,) = listener.heard()
    uicc.select("MF")
    select = listener.last("SELECT MF")
    yield chapter("A small computer that only answers")
    yield say(
        """A SIM is a computer with its own processor, memory and operating system. It has no battery and
        no radio: the phone gives it power, and asks. The card never speaks first, with one exception: when
        it gets power, it answers to reset."""
    )
    yield show(reset, only=("T0", "interface", "historical"))
    yield say(
        """After that every question is a *command APDU* and every answer a *response APDU*. A command is a
        class (CLA), an instruction (INS), two parameters (P1, P2), and maybe data. The answer is maybe
        data, and always two bytes at the end: the status word. Here the phone selects the root of the file
        system, the MF."""
    )
    yield show(select, only=("file descriptor", "PIN status"))
    sent = select.raw_command
    yield ask(
        Kind.HEX,
        text(
            "Look at the command `{command}` above. Which byte is the instruction, SELECT?",
            command=hexed(sent),
        ),
        sent[1:2],
        mistake(sent[:1], "That is the class, the first byte. The instruction is the byte behind it."),
        mistake(sent[3:4], "That is P2. The instruction is the second byte of four: CLA, INS, P1, P2."),
        mistake(
            sent[5:7],
            "That is the file identifier that SELECT carries as data. The instruction comes earlier.",
        ),
        why=text(
            "Right: INS is the second byte, and {ins} is SELECT (TS 102 221 §11.1.1).", ins=hexed(sent[1:2])
        ),
        hint=text("The order is CLA, INS, P1, P2. Count from the left, two digits for each byte."),
    )


def _files(listener: Listener, uicc: Uicc) -> Steps:
    iccid = uicc.read_iccid()
    read = listener.last("READ BINARY")
    raw = read.raw_answer[:-2]
    claim(Iccid.from_bytes(raw) == iccid and iccid.is_valid, "the ICCID has a right check digit")
    yield chapter("Files, and a number printed on the plastic")
    yield say(
        """What a SIM keeps are files in directories, each with a name of two bytes. `2FE2` is EF.ICCID:
        the number of the card, which is printed on its back as well. Anybody may read it."""
    )
    yield show(read, brief=True)
    unswapped = hexed(raw).rstrip("F")
    yield ask(
        Kind.DIGITS,
        text(
            """The bytes are `{raw}`. The digits are packed two to a byte, the first one in the *lower*
            half, and `F` fills what is left. Which ICCID is it?""",
            raw=hexed(raw),
        ),
        iccid,
        mistake(
            unswapped.replace("F", ""),
            "You read each byte from left to right. Swap its two halves: `98` is 8, 9.",
        ),
        mistake(
            str(iccid)[:-1], "You left out the last digit. In `F9` the 9 comes first, then the filler F."
        ),
        why=text(
            """Right. 89 stands for telecommunications, then come country and issuer, and the last digit,
            {digit}, is a check digit by Luhn's formula (ITU-T E.118, TS 102 221 §13.2).""",
            digit=luhn_digit(str(iccid)[:-1]),
        ),
        hint=text("Write each byte backwards: `98` gives 89, `99` gives 99, `09` gives 90, …"),
    )


def _pin(listener: Listener, uicc: Uicc) -> Steps:
    uicc.select("MF/ADF.USIM/EF.IMSI")
    listener.heard()
    refused = refusal(uicc.read_binary)
    read = listener.last("READ BINARY")
    yield chapter("The PIN")
    yield say(
        """What belongs to the subscription lies in an application, the USIM. Its directory, ADF.USIM, is
        selected by a long name, the AID, whose beginning is the same on every card in the world. In it is
        EF.IMSI, the number of the subscriber. The phone tries to read it."""
    )
    yield show(read)
    yield choice(
        text("The card answers `{sw}` and no data. What is wrong?", sw=refused),
        _cause(refused, SW.FILE_NOT_FOUND, "There is no such file on the card."),
        _cause(refused, SW.SECURITY_STATUS_NOT_SATISFIED, "The user has not typed the PIN."),
        _cause(refused, SW.AUTHENTICATION_METHOD_BLOCKED, "The PIN is blocked."),
        _cause(refused, SW.INS_NOT_SUPPORTED, "The card does not know the instruction."),
        hint=text("The words behind the status word above say what is not satisfied."),
    )
    yield from _wrong_pin(listener, uicc)


def _cause(answered: StatusWord, sw: StatusWord, cause: str) -> Option:
    """A cause that one status word stands for."""
    if answered == sw:
        return option(
            cause,
            True,
            text("Right: {sw}, {meaning} ({clause}).", sw=sw, meaning=sw.meaning, clause=sw.clause),
        )
    return option(
        cause, False, text("Then the card would answer {sw}, {meaning}.", sw=sw, meaning=sw.meaning)
    )


def _wrong_pin(listener: Listener, uicc: Uicc) -> Steps:
    right = subscription().pins.pin1
    wrong = "1234"
    before = uicc.pin_tries(PIN1)
    listener.heard()
    left = refusal(lambda: uicc.verify_pin(PIN1, wrong)).retries
    failed = listener.last("VERIFY")
    claim(left == before - 1, "a wrong PIN costs one try")
    yield say("The user types {pin}, which is wrong:", pin=wrong)
    yield show(failed, command=True)
    yield ask(
        Kind.NUMBER,
        text("How many more wrong PINs does it take until the card blocks PIN 1?"),
        left,
        mistake(before, "That was so before this try. The status word counts down."),
        mistake(
            failed.raw_answer[-2] << 8 | failed.raw_answer[-1],
            "That is the whole status word. Only its last digit counts tries.",
        ),
        mistake(
            failed.raw_answer[-1],
            "That is the second byte of the status word. Only its last digit counts tries.",
        ),
        why=text(
            """Right: `63CX` means that X tries are left (TS 102 221 §11.1.9). At 0 only the PUK helps, and
            after ten wrong PUKs nothing does. The card counts this itself, so pulling the battery does not
            help a thief."""
        ),
        hint=text("In `63CX` the X is a counter."),
    )
    uicc.verify_pin(PIN1, right)
    claim(uicc.pin_tries(PIN1) == before, "the right PIN gives all tries back")


def _subscriber(listener: Listener, uicc: Uicc) -> Steps:
    listener.heard()
    imsi = uicc.read_imsi()
    read = listener.last("READ BINARY")
    uicc.select("MF/ADF.USIM/EF.AD")
    mnc_length = uicc.read_binary()[3] & 0x0F
    administrative = listener.last("READ BINARY")
    home = imsi.plmn(mnc_length)
    yield chapter("The subscriber")
    yield say("With the right PIN, {pin}, the same command brings the IMSI:", pin=subscription().pins.pin1)
    yield show(read)
    yield say(
        """The IMSI is not your phone number. It is who you are to the network: three digits of country
        (MCC), two or three of network (MNC), and your number there. How many digits the MNC has cannot be
        seen in the IMSI; the card says so in EF.AD:"""
    )
    yield show(administrative, only=("length of MNC",))
    yield ask(
        Kind.DIGITS,
        text("Which MNC has the home network of IMSI {imsi}?", imsi=imsi),
        home.mnc,
        mistake(home.mcc, "That is the MCC, the country. The MNC comes behind it."),
        mistake(
            imsi.digits[3:6],
            "Three digits are used in North America and some other countries. EF.AD says how many here.",
        ),
        mistake(home.mcc + home.mnc, "That is MCC and MNC together. Leave the country away."),
        why=text(
            """Right. {plmn} is the home network (TS 23.003 §2.2). MCC 999 is no country: it is for
            networks that are private or, like this one, made up.""",
            plmn=home,
        ),
        hint=text("Skip the three digits of the country, then take as many as EF.AD says."),
    )


def _networks(listener: Listener, uicc: Uicc) -> Steps:
    uicc.select("MF/ADF.USIM/EF.FPLMN")
    listener.heard()
    forbidden = uicc.read_binary()
    read = listener.last("READ BINARY")
    partner = Plmn.parse(subscription().networks.operator_controlled[0].plmn)
    yield chapter("What the phone writes down")
    yield say(
        """The phone uses the card as a notebook, too: where it was registered last (EF.LOCI), the current
        keys, and which networks turned it away (EF.FPLMN). Put the card into another phone, and that phone
        knows all of it."""
    )
    yield show(read)
    yield say(
        "Networks are packed like this, three bytes each: `{raw}` is {plmn}.",
        raw=hexed(forbidden[:3]),
        plmn=Plmn.from_bytes(forbidden[:3]),
    )
    coded = partner.to_bytes()
    digits = partner.mcc + partner.mnc
    yield ask(
        Kind.HEX,
        text(
            "The network {plmn} turns the phone away, too. Which three bytes does the phone add?",
            plmn=partner,
        ),
        coded,
        mistake(
            bytes.fromhex(f"{digits}F"),
            """The digits are all there, but the halves of each byte are swapped on the card, and F stands
            where a third digit of the MNC would.""",
        ),
        mistake(
            bytes.fromhex(swap_nibbles(bytes.fromhex(f"{digits}F"))),
            """Nearly: the F, for the missing third digit of the MNC, goes into the upper half of the
            second byte.""",
        ),
        mistake(forbidden[:3], "That is the network that is there already."),
        why=text(
            "Right: MCC2 MCC1, MNC3 MCC3, MNC2 MNC1 (TS 24.008 §10.5.1.13). The F says that there is no MNC3."
        ),
        hint=text(
            """{plmn} differs from the network above in one thing. Find the digits of its MNC in the last
            byte.""",
            plmn=partner,
        ),
    )


def _key(sim: PlainSim) -> Steps:
    keys = subscription().authentication
    contents = [content(file) for file in files_of(sim.card, subscription().pins.pin1).values()]
    assert keys.opc is not None
    found = sum(keys.key in one or keys.opc in one for one in contents)
    claim(found == 0, "the key is in no file")
    yield chapter("What nobody can read")
    yield say(
        """One thing makes the SIM more than a notebook: a secret key K, 16 bytes, which only the card and
        its operator have. We are the operator here, so we know it: `{key}`. Let us read every file that a
        phone can reach, the PIN being verified: {count} files, {size:,} bytes.""",
        key=hexed(keys.key),
        count=len(contents),
        size=sum(map(len, contents)),
    )
    yield ask(
        Kind.NUMBER,
        text("In how many of the {count} files do you think the key turns up?", count=len(contents)),
        found,
        mistake(1, "One would be enough to copy the card. Think again."),
        otherwise=text("Every file in which it were could be copied. Think again."),
        why=text(
            """Right: in none. K lies outside the file system. No command reads it; AUTHENTICATE alone uses
            it, inside the card, and gives the result (TS 31.102 §7.1). What that is good for is the next
            lesson.""",
        ),
        hint=text("What would somebody do who could read the key?"),
    )
