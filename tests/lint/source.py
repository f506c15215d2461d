"""C source as the lints read it."""

import os
import re

TOKEN = re.compile(
    r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)
CALL = re.compile(r"(?<![\w.>])([A-Za-z_]\w*)\s*\(")
ALLOW = os.path.join(os.path.dirname(__file__), "allow")


def stripped(path):
    """The file's lines without comments and without what is in quotes."""
    with open(path, encoding="utf-8") as file:
        text = file.read()

    def blank(match):
        quote = match[0][0] if match[0][0] in "\"'" else ""
        return quote + "\n" * match[0].count("\n") + quote

    return TOKEN.sub(blank, text).split("\n")


def calls(line):
    """Names followed by an opening parenthesis, members excepted."""
    return CALL.findall(line)


class Allowed:
    """The exceptions of one lint: lines "lint path:name reason" in allow."""

    def __init__(self, lint):
        self.left = {}
        self.used = set()
        with open(ALLOW, encoding="utf-8") as file:
            for line in file:
                words = line.split(None, 2)
                if words and words[0] == lint:
                    if len(words) < 3:
                        raise SystemExit(f"{ALLOW}: no reason: {line}")
                    self.left[words[1]] = words[2]

    def __call__(self, what):
        self.used.add(what)
        return what in self.left

    def unused(self):
        """Whether an exception is listed that nothing needs; prints them."""
        extra = sorted(set(self.left) - self.used)
        for what in extra:
            print(f"{ALLOW}: no longer needed: {what}")
        return bool(extra)
