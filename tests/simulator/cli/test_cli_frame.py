"""The frame: start-up, laziness, errors in one sentence, the doctor, and the store of cards."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from simulator.cli import app, home
from simulator.crypto.errors import CryptoError
from tests.simulator.cli.conftest import Esim

HEAVY = (
    "rich",
    "cryptography",
    "httpx2",
    "sqlalchemy",
    "fastapi",
    "uvicorn",
    "pydantic",
    "yaml",
    "asn1",
    "nicegui",
)


def script(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A real run of the script in a process of its own."""
    code = "from simulator.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **environment},
        cwd=Path(__file__).parents[3],
    )


def test_help_lists_every_command_and_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['esim', '--help']\n"
        "from simulator.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit:\n    print(sorted(sys.modules))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=Path(__file__).parents[3],
    ).stdout
    for command in app.COMMANDS:
        assert f"\n  {command} " in shown
    for module in HEAVY:
        assert f"'{module}'" not in shown


@pytest.mark.parametrize("name", app.COMMANDS)
def test_every_command_explains_itself_within_80_columns(esim: Esim, name: str) -> None:
    outcome = esim(name, "--help")
    assert outcome.status == 0
    assert "Usage: esim" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_a_wrong_call_is_told_with_status_2(esim: Esim) -> None:
    outcome = esim("nonsense")
    assert outcome.status == 2
    assert "No such command 'nonsense'" in outcome.err


def raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(app.cli, "main", fail)


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (CryptoError("the key is wrong"), 1, "esim: the key is wrong\n"),
        (
            FileNotFoundError(2, "No such file or directory", "x.der"),
            1,
            "esim: x.der: No such file or directory\n",
        ),
        (click.ClickException("there is no card named x."), 1, "esim: there is no card named x.\n"),
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(), 0, ""),
    ],
)
def test_errors_become_one_sentence(
    esim: Esim, monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int, sentence: str
) -> None:
    raising(monkeypatch, error)
    outcome = esim()
    assert (outcome.status, outcome.err) == (status, sentence)


def test_a_fault_of_ours_apologises_and_shows_the_traceback_only_when_asked(
    esim: Esim, monkeypatch: pytest.MonkeyPatch
) -> None:
    raising(monkeypatch, ZeroDivisionError("division by zero"))
    outcome = esim()
    assert outcome.status == 70
    assert "fault of esim-simulator itself" in outcome.err
    assert "Traceback" not in outcome.err
    assert "Traceback" in esim("--debug").err


def test_doctor_finds_the_base_install_sound(esim: Esim) -> None:
    outcome = esim("doctor")
    assert outcome.status == 0
    for subject in ("Python", "cryptography", "curve BRP", "TLS: OpenSSL", "loopback", "pyscard"):
        assert subject in outcome.out
    assert "test PKI: will be made when it is first wanted" in outcome.out


def test_doctor_looks_at_the_test_pki(esim: Esim, esim_home: Path) -> None:
    esim("pki", "make")
    assert "its TLS certificate is valid until" in esim("doctor").out
    (esim_home / "pki" / "SK_CI_ECDSA_NIST.pem").write_text("spoilt")
    outcome = esim("doctor")
    assert outcome.status == 1
    assert "make another one with `esim pki make --force`" in outcome.out


def test_doctor_says_when_the_home_is_not_writable() -> None:
    outcome = script("doctor", ESIM_HOME="/proc/nobody/esim")
    assert outcome.returncode == 1
    assert "/proc/nobody/esim: not writable; set ESIM_HOME" in outcome.stdout


def test_a_real_run_of_the_script(tmp_path: Path) -> None:
    outcome = script("pki", "show", "--dir", str(tmp_path))
    assert (outcome.returncode, outcome.stdout) == (1, "")
    assert (
        outcome.stderr == f"esim: {tmp_path} holds no CI certificate (CERT_CI_ECDSA_NIST.der or …_BRP.der)\n"
    )


def test_cards_are_kept_whole(esim_home: Path) -> None:
    home.write_card("one", {"kind": "sim"})
    assert list(home.card_names()) == ["one"]
    assert home.read_card("one")["kind"] == "sim"
    assert [path.name for path in (esim_home / "cards").iterdir()] == ["one.json"]


def test_a_failed_write_leaves_the_old_card(esim_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.write_card("one", {"kind": "sim"})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(home.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        home.write_card("one", {"kind": "euicc"})
    assert home.read_card("one")["kind"] == "sim"
    assert len(list((esim_home / "cards").iterdir())) == 1


@pytest.mark.parametrize("content", ["{", "[]", json.dumps({"format": 0})])
def test_a_spoilt_card_file_is_named(esim_home: Path, content: str) -> None:
    (esim_home / "cards").mkdir(parents=True)
    (esim_home / "cards" / "one.json").write_text(content)
    with pytest.raises(click.ClickException, match="card file"):
        home.read_card("one")


@pytest.mark.parametrize("name", ["", "../x", ".x", "a/b", "a" * 65])
def test_a_card_name_never_leaves_the_folder(name: str) -> None:
    with pytest.raises(click.UsageError, match="is no card name"):
        home.card_path(name)
