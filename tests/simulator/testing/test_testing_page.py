"""The examples of docs/testing.md, in a project that has nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "testing.md"


def test_the_examples(pytester: pytest.Pytester) -> None:
    blocks = PAGE.read_text(encoding="utf-8").split("```python\n")[1:]
    for number, block in enumerate(blocks):
        pytester.makepyfile(**{f"test_{number}": block.split("```")[0]})
    pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:xdist").assert_outcomes(passed=3)


README = PAGE.parents[1] / "README.md"


def test_the_cards_of_the_readme(pytester: pytest.Pytester) -> None:
    with_pytest, without = README.read_text(encoding="utf-8").split("```python\n")[1:]
    pytester.makepyfile(test_readme=with_pytest.split("```")[0])
    pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:xdist").assert_outcomes(passed=1)
    exec(compile(without.split("```")[0], str(README), "exec"), {})
