"""What shells complete: the scripts are run by the shells they are for."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from actors.gateway import BUILD

SHELLS = ["bash", "zsh", "fish"]
GATEHOUSE = BUILD / "bin/gatehouse"
ACTIONS = {"account": ["show", "update", "roll", "deactivate"],
           "ddns": ["status", "test", "update"],
           "portmap": ["status", "renew", "off"],
           "client-cert": ["add", "list", "revoke"],
           "completion": SHELLS}

# Completes the words it is given, as Tab after the last one would.
BASH = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_gatehouse 2>&1
printf '%s\\n' "${COMPREPLY[@]}"
"""

# A zsh with a terminal of its own; Tab lists. It has listed when it can be
# heard to echo.
ZSH = r"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "stty cols 200 rows 99; fpath=($1 \$fpath)
autoload -U compinit; compinit -u -D; bindkey '^I' list-choices
LISTMAX=1000; echo DO''NE"
zpty -r shell out '*DONE*'
zpty -w -n shell "$2"$'\t'
zpty -w -n shell $'\x01echo \x05 LI""STED\n'
zpty -r shell out '* LISTED*'
print -r -- "$out"
zpty -d shell
"""


def run(*args: str | Path, **options) -> str:
    done = subprocess.run(
        args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, timeout=60, check=False, **options)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module")
def scripts(tmp_path_factory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("completion")
    written = {}
    for shell in SHELLS:
        written[shell] = directory / shell
        written[shell].write_text(run(GATEHOUSE, "completion", shell))
    return written


def needs(shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here")


def commands() -> list[str]:
    return re.findall(r"^  ([\w-]+) ", run(GATEHOUSE, "help"), re.M)


def options(command: str) -> list[str]:
    return re.findall(r"^(?:  -\w,|     ) (--[\w.-]+)",
                      run(GATEHOUSE, "help", command), re.M)


@pytest.fixture(params=["bash", "fish"])
def complete(request, scripts, tmp_path):
    """The words that a shell offers in place of the last one."""
    shell = request.param
    needs(shell)

    def complete(*words: str) -> list[str]:
        if shell == "bash":
            out = run("bash", "-c", BASH, "bash", scripts["bash"],
                      "gatehouse", *words, cwd=tmp_path)
        else:
            out = run("fish", "--no-config", "-c",
                      'source $argv[1]; complete -C $argv[2]',
                      scripts["fish"], " ".join(["gatehouse", *words]),
                      cwd=tmp_path, env={"HOME": str(tmp_path),
                                         "PATH": "/usr/bin:/bin"})
        return [line.split("\t")[0] for line in out.splitlines() if line]

    complete.shell = shell
    return complete


def test_commands(complete):
    assert sorted(complete("")) == sorted(commands())
    assert sorted(complete("re")) == ["reload", "renew", "reopen", "revoke"]
    assert complete("nonsense", "x") == []


def test_options_of_every_command(complete):
    for command in commands():
        offered = set(complete(command, "--"))
        assert options(command)
        assert offered == set(options(command)), command
    assert complete("check", "--exp") == ["--expand"]


def test_actions(complete):
    for command, actions in ACTIONS.items():
        assert sorted(complete(command, "")) == sorted(actions)
        assert complete(command, actions[0], actions[0]) == []
    assert complete("ddns", "-f", "x.conf", "te") == ["test"]
    assert sorted(complete("help", "")) == sorted(commands())


def test_files(complete, tmp_path):
    (tmp_path / "a house.conf").touch()
    (tmp_path / "attic").mkdir()
    both = ["a house.conf", "attic"]
    for words in (["check", "a"], ["status", "-f", "a"],
                  ["import", "--cert", "a"]):
        found = complete(*words)
        assert [name.rstrip("/").replace("\\", "") for name in found] == both
    assert [name.rstrip("/") for name in
            complete("import", "--certbot", "a")] == ["attic"]
    assert complete("status", "a") == []
    assert complete("run", "--host", "a") == []


@pytest.mark.parametrize("typed, listed", [
    ("ddns ", ["status", "test", "update"]),
    ("import --c", ["--cert ", "--certbot "]),
    ("client-cert --", ["--days", "--file", "--help", "--json", "--out"]),
    ("re", ["reload ", "renew ", "reopen ", "revoke "]),
    ("check h", ["house.conf", "house.old"])])
def test_zsh(scripts, tmp_path, typed, listed):
    needs("zsh")
    shutil.copy(scripts["zsh"], tmp_path / "_gatehouse")
    for name in "house.conf", "house.old":
        (tmp_path / name).touch()
    out = run("zsh", "-f", "-c", ZSH, "zsh", tmp_path, f"gatehouse {typed}",
              cwd=tmp_path)
    for word in listed:
        assert word in out
    assert "--host" not in out and "account" not in out


def test_value_behind_an_equals_sign(scripts, tmp_path):
    """Which bash takes apart."""
    needs("bash")
    (tmp_path / "house.conf").touch()
    for words, expected in (
            (["status", "--file", "=", "h"], "house.conf"),
            (["status", "--file", "="], "house.conf"),
            (["ddns", "--file", "=", "house.conf", "up"], "update")):
        out = run("bash", "-c", BASH, "bash", scripts["bash"], "gatehouse",
                  *words, cwd=tmp_path)
        assert out.split() == [expected]


@pytest.mark.parametrize("shell", SHELLS)
def test_script_is_sound(scripts, shell):
    needs(shell)
    run(shell, "-n", scripts[shell])


@pytest.mark.parametrize("shell", SHELLS)
def test_script_names_all(scripts, shell):
    text = scripts[shell].read_text()
    words = set(re.findall(r"[\w.-]+", text))
    for command in commands():
        assert command in words
        assert set(ACTIONS.get(command, [])) <= words
        for option in options(command):
            assert (option in words or option[2:] in words), option


@pytest.mark.parametrize("args, said", [
    ([], "for which shell? bash, zsh or fish"),
    (["tcsh"], "'tcsh' is none of bash, zsh and fish")])
def test_no_such_shell(args, said):
    done = subprocess.run(
        [GATEHOUSE, "completion", *args], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"gatehouse: completion: {said}\n"
