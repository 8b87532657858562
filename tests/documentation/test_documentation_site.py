"""The site that `make docs` builds: no warning, every page in the navigation, every link and anchor leads
somewhere, and no page loads anything from another host."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.documentation.samples import ROOT

CONFIGURATION = ROOT / "zensical.toml"
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
"""Elements whose address a browser fetches by itself; of links only those of style, icons and fonts."""
_FETCHED = {"stylesheet", "icon", "preload", "modulepreload", "preconnect"}


class Page(HTMLParser):
    """The links, anchors and loaded addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if "id" in found:
            self.anchors.add(found["id"])
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        address = found.get(LOADED.get(tag, ""), "")
        if address and (tag != "link" or _FETCHED & set(found.get("rel", "").split())):
            self.loaded.append(address)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site built from a copy, so that no run of tests writes into the folder of another."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copy(CONFIGURATION, folder)
    shutil.copy(ROOT / "CHANGELOG.md", folder)
    call = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(call, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    found = sorted(site.rglob("*.html"))
    return {path: Page(path.read_text(encoding="utf-8")) for path in found if path.name != "404.html"}


def _sources(entries: list[Any]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        else:
            (value,) = entry.values()
            yield from [value] if isinstance(value, str) else _sources(value)


def test_every_page_is_in_the_navigation_once() -> None:
    configuration = tomllib.loads(CONFIGURATION.read_text(encoding="utf-8"))
    named = list(_sources(configuration["project"]["nav"]))
    there = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}
    assert sorted(named) == sorted(there), "put each page of docs/ into nav of zensical.toml"


def test_every_link_leads_somewhere(site: Path, pages: dict[Path, Page]) -> None:
    broken = [
        f"{path.relative_to(site)}: {link}"
        for path, page in pages.items()
        for link in page.links
        if not urlsplit(link).scheme and not leads_somewhere(path, link, pages)
    ]
    assert not broken


def leads_somewhere(path: Path, link: str, pages: dict[Path, Page]) -> bool:
    """Whether a link of a page without host goes to a page, and its fragment to a place there."""
    parts = urlsplit(link)
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    target = target / "index.html" if target.is_dir() else target
    if target not in pages:
        return target.is_file()
    return not parts.fragment or unquote(parts.fragment) in pages[target].anchors


def test_nothing_is_loaded_from_another_host(pages: dict[Path, Page]) -> None:
    loaded = {address for page in pages.values() for address in page.loaded}
    assert not {address for address in loaded if urlsplit(address).netloc}


def test_styles_and_scripts_name_no_other_host(site: Path) -> None:
    """Fonts and pictures of the style sheets, and modules that scripts would import."""
    for path in site.rglob("*.css"):
        assert not re.findall(r"url\(['\"]?https?:", path.read_text(encoding="utf-8")), path


def test_links_of_pages_on_disk() -> None:
    """README and the changelog are read where the files lie."""
    for name in ("README.md", "CHANGELOG.md"):
        for target in re.findall(r"\]\(([^)#\s]+)", (ROOT / name).read_text(encoding="utf-8")):
            assert urlsplit(target).scheme or (ROOT / target).exists(), f"{name}: {target}"
