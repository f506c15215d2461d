"""What the guides say is so: commands, packages, links, and messages.

Their configurations are read by tests/unit/config/test_guides.c.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from actors.gateway import BUILD, REPOSITORY

OF_THE_PROGRAM = {"architecture.md", "threat-model.md"}
PAGES = [REPOSITORY / "README.md", *sorted(REPOSITORY.glob("docs/*.md"))]
GUIDES = {path.name: path.read_text() for path in PAGES
          if path.name not in OF_THE_PROGRAM}


@pytest.fixture(scope="module")
def usages() -> dict[str, str]:
    """The help of each command."""
    def text(*args: str) -> str:
        return subprocess.run(
            [BUILD / "bin/gatehouse", *args], stdout=subprocess.PIPE,
            text=True, timeout=30, check=True).stdout
    return {name: text("help", name) for name in
            re.findall(r"^  ([\w-]+) ", text("help"), re.M)}


@pytest.fixture(scope="module")
def literals() -> str:
    """All texts of the source; what stands in pieces is put together."""
    text = "".join(path.read_text() for pattern in
                   ("src/*/*.c", "acme/*.[ch]", "src/*/*.h")
                   for path in sorted(REPOSITORY.glob(pattern)))
    return re.sub(r'"[\s\\]*"', "", text)


def code(guide: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`|^    (.+)$", GUIDES[guide], re.M)


@pytest.mark.parametrize("guide", GUIDES)
def test_commands_and_options(guide, usages):
    for words in map("".join, code(guide)):
        for command, rest in re.findall(
                r"\bgatehouse ([a-z][\w-]*)([^#&|]*)", words):
            assert command in usages, words
            for option in re.findall(r"(?<!\S)--?[a-z][\w.-]*", rest):
                assert re.search(rf"(?<!\S){re.escape(option)}\b",
                                 usages[command]), words


@pytest.mark.parametrize("guide", GUIDES)
def test_links(guide):
    base = REPOSITORY if guide == "README.md" else REPOSITORY / "docs"
    for target in re.findall(r"\]\(([^)]+)\)", GUIDES[guide]):
        assert (base / target).is_file(), target


def test_readme_leads_to_all():
    for guide in GUIDES.keys() - {"README.md"}:
        assert f"(docs/{guide})" in GUIDES["README.md"]


def test_messages(literals):
    """A line quoted with > is in the source, but for what … stands for."""
    quoted = re.findall(r"^> (.+)$", GUIDES["troubleshooting.md"], re.M)
    assert len(quoted) > 20
    for line in quoted:
        for part in filter(None, map(str.strip, line.split("…"))):
            assert part in literals, line


@pytest.mark.skipif(Path("/var/jail/pound").exists(), reason="it is Pound's")
def test_what_check_says_of_the_pound_file():
    """On a Debian, which has no group "nobody"."""
    file = REPOSITORY / "etc/pound-home-assistant.cfg"
    done = subprocess.run(
        [BUILD / "bin/gatehouse", "check", "-f", file],
        stderr=subprocess.PIPE, text=True, timeout=30, check=False)
    said = done.stderr.splitlines()
    quoted = re.search(r"```text\n(.*?)```", GUIDES["from-pound.md"],
                       re.S)[1].splitlines()
    assert len(quoted) == 4
    for line in quoted:
        assert line.replace("/etc/pound/pound.cfg", str(file)) in said


def test_words_of_the_configuration(literals):
    """Of the right column of the tables that translate."""
    table = re.findall(r"^\| .+ \| (.+) \|$",
                       GUIDES["from-nginx-npm-caddy.md"], re.M)
    words = {word for cell in table
             for word in re.findall(r"`([A-Z]\w+)`", cell)}
    assert len(words) > 10
    for word in words:
        assert f'{{ "{word}"' in literals, word


def test_packages_to_build_with():
    """Those that tests/setup needs whatever is asked of it."""
    named = set(re.search(r"apt install (.+)", GUIDES["getting-started.md"])[1]
                .split())
    setup = (REPOSITORY / "tests/setup").read_text()
    always = set(re.findall(r"^need ([\w.-]+)", setup, re.M))
    assert named == always | {"git", "make"}
