"""`esim lesson`: taking lessons from a pipe and from a file, leaving them, and going on."""

from __future__ import annotations

import fcntl
import io
import json
import os
import re
import select
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from simulator.cli import lesson_screen
from simulator.cli.wide import broken
from simulator.lessons.catalogue import LESSONS, Lesson
from simulator.lessons.reading import Reading
from simulator.lessons.translations import translation
from tests.simulator.cli.conftest import ROOT, Esim

LESSON = LESSONS[0]
RIGHT = [question.right_answer for question in LESSON.questions()]


@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.name for lesson in LESSONS])
def test_each_lesson_runs_by_itself_within_80_columns(esim: Esim, esim_home: Path, lesson: Lesson) -> None:
    outcome = esim("lesson", "run", lesson.number, "--answers", "auto")
    assert outcome.status == 0, outcome.err
    count = len(lesson.questions())
    assert f"Lesson {lesson.number} is done: {count} of {count} right at once." in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert not (esim_home / "lessons.json").exists(), "it was not the user who answered"


def test_answers_from_a_pipe_with_mistakes_hints_and_going_back(esim: Esim) -> None:
    answers = ["# my answers", "?", "00", "what", RIGHT[0], "b", RIGHT[0], *RIGHT[1:-1], "s"]
    outcome = esim("lesson", "run", "sim", stdin="\n".join(answers) + "\n")
    assert outcome.status == 0, outcome.err
    assert "Hint The order is CLA, INS, P1, P2." in " ".join(outcome.out.split())
    assert "✗ That is the class" in outcome.out
    assert "! These are no bytes" in outcome.out
    assert f"It is {RIGHT[-1]}." in outcome.out
    assert outcome.out.count("Question 1 of") == 2
    done = f"Lesson 1 is done: {len(RIGHT) - 2} of {len(RIGHT)} right at once, 1 later, 1 skipped."
    assert done in outcome.out
    assert f"done, {len(RIGHT) - 2} of {len(RIGHT)} right at once" in esim("lesson", "list").out


def test_the_end_of_the_answers_leaves_and_the_next_run_goes_on(esim: Esim) -> None:
    outcome = esim("lesson", "run", 1, stdin=RIGHT[0] + "\nnonsense\n")
    assert outcome.status == 0
    assert f"`esim lesson run 1` goes on at question 2 of {len(RIGHT)}" in outcome.out
    assert "left after 1 question" in esim("lesson", "list").out
    (entry, *_) = json.loads(esim("lesson", "list", "--json").out)
    assert (entry["name"], entry["answered"], entry["runs"]) == ("sim", 1, 0)
    outcome = esim("lesson", "run", 1, stdin="q\n")
    assert f"Going on at question 2 of {len(RIGHT)}" in outcome.out
    outcome = esim("lesson", "run", 1, "--from-start", stdin="\n".join(RIGHT))
    assert f"{len(RIGHT)} of {len(RIGHT)} right at once" in outcome.out


def test_answers_from_a_file(esim: Esim, tmp_path: Path) -> None:
    file = tmp_path / "answers.txt"
    file.write_text("\n".join(RIGHT), encoding="utf-8")
    assert "is done" in esim("lesson", "run", 1, "--answers", file).out
    outcome = esim("lesson", "run", 1, "--answers", tmp_path / "missing")
    assert (outcome.status, outcome.err.count("\n")) == (1, 1)
    file.write_bytes(b"\xff\xfe")
    outcome = esim("lesson", "run", 1, "--answers", file)
    assert (outcome.status, outcome.err) == (1, "esim: the answers are no text in UTF-8.\n")


@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.name for lesson in LESSONS])
def test_each_lesson_runs_in_chinese(esim: Esim, lesson: Lesson) -> None:
    outcome = esim("lesson", "run", lesson.name, "--lang", "zh", "--answers", "auto")
    assert outcome.status == 0, outcome.err
    count = len(lesson.questions())
    assert f"第 {lesson.number} 课完成：{count} 题中 {count} 题一次答对。" in outcome.out
    assert "Question" not in outcome.out
    shown = re.sub(r"[\s`*]", "", outcome.out)
    for question in lesson.questions():
        why = question.judge(question.right_answer).text.said(translation("zh"))
        assert re.sub(r"[\s`*]", "", why) in shown, "it is cut"
    assert max(map(cell_len, outcome.out.splitlines())) <= 80


def test_chinese_is_broken_between_characters_and_nothing_is_lost() -> None:
    for template, words in translation("zh").items():
        for width in (40, 78):
            lines = broken(words, width).split("\n")
            if "{" not in words:  # names of values may be longer than a line
                assert max(cell_len(line.rstrip("\\")) for line in lines) <= width, template
            assert not any(line.startswith(tuple("。，、；：？！）”")) for line in lines), template
            assert "".join(lines).replace("\\", "").replace(" ", "") == re.sub(r"\s", "", words), template
    assert broken("only *English* words", 5) == "only *English* words"


def test_the_list_in_chinese(esim: Esim) -> None:
    outcome = esim("lesson", "list", "--lang", "zh")
    assert "SIM 卡里有什么" in outcome.out
    assert LESSON.title not in outcome.out
    assert esim("lesson", "list", "--lang", "fr").status == 2


def test_what_is_wrong_is_told_in_one_sentence(esim: Esim, esim_home: Path) -> None:
    outcome = esim("lesson", "run", 99)
    assert outcome.status == 2
    assert "there is no lesson '99'; there are 1 sim" in " ".join(outcome.err.split())
    esim_home.mkdir()
    (esim_home / "lessons.json").write_text("{", encoding="utf-8")
    for arguments in (("list",), ("run", 1)):
        outcome = esim("lesson", *arguments)
        assert outcome.status == 1
        assert "delete it to begin anew" in outcome.err


@pytest.mark.parametrize(("key", "status"), [("\x03", 130), ("\x04", 0)], ids=["Ctrl-C", "Ctrl-D"])
def test_at_a_terminal_both_ways_of_stopping_keep_what_was_done(
    esim_home: Path, key: str, status: int
) -> None:
    """Somebody at a terminal answers one question, then presses a key."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", "from simulator.cli import main; main()", "lesson", "run", "1"],
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        env={**os.environ, "ESIM_HOME": str(esim_home), "TERM": "xterm", "LC_ALL": "C.UTF-8"},
    )
    os.close(theirs)
    terminal = Terminal(ours)
    try:
        terminal.wait_for("Question 1 of", "›")
        terminal.press(f"{RIGHT[0]}\n")
        terminal.wait_for("Question 2 of", "›")
        terminal.press(key, until="goes on at question 2")
        assert process.wait(30) == status
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert "Traceback" not in terminal.shown


class Terminal:
    """What a program shows at the other end."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._at = 0
        self.shown = ""

    def press(self, keys: str, until: str = "") -> None:
        """Type keys; again if what they are for does not come, for a signal between a prompt and the reading
        that follows it is lost."""
        for _ in range(10):
            os.write(self._handle, keys.encode())
            if not until or self._has(until, 3):
                return
        raise AssertionError(f"{until!r} does not come after {self.shown!r}")

    def wait_for(self, *expected: str) -> None:
        """Until it has shown these texts in this order, behind those before."""
        for text in expected:
            assert self._has(text, 30), f"{text!r} does not come after {self.shown!r}"

    def _has(self, text: str, seconds: float) -> bool:
        while (place := self.shown.find(text, self._at)) < 0:
            ready, _, _ = select.select([self._handle], [], [], seconds)
            if not ready:
                return False
            self.shown += os.read(self._handle, 1 << 16).decode(errors="replace")
        self._at = place + len(text)
        return True


def test_the_end_of_typed_input_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    out = io.StringIO()
    reading = Reading(LESSON)
    lesson_screen.take(reading, lesson_screen.Screen(console=Console(file=out, width=70)), None)
    assert reading.number == 0
    assert "Question 1 of" in out.getvalue()
