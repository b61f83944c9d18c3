"""How many megabytes a second pydifact passes over: speed.py FILE RUNS; the first 2 MB, which take seconds."""
import json
import sys
import time
from importlib.metadata import version

from pydifact.parser import Parser

text = open(sys.argv[1], encoding="latin-1").read()
end = text.index("'", 2_000_000) + 1 if len(text) > 2_000_000 else len(text)
text = text[:end]
speeds = []
for _ in range(int(sys.argv[2])):
    begun = time.perf_counter()
    count = sum(len(segment.elements) for segment in Parser().parse(text))
    speeds.append(len(text) / 1e6 / (time.perf_counter() - begun))
print(json.dumps([{"name": "pydifact", "version": version("pydifact"), "speeds": speeds}]))
