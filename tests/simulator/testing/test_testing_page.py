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
