"""How the Python here tells what it found: one line of JSON for each check."""

import json
import sys
from importlib import metadata


def say(line):
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def kit(name):
    """Names the package that is the peer, with the version that is installed."""
    say({"kit": f"PyPI {name} {metadata.version(name)}"})


def check(name, ok, why=""):
    """One check; `why` is told when it fails."""
    say({"check": name, "ok": True} if ok else {"check": name, "ok": False, "why": str(why)})
