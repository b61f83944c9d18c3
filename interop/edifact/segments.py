"""Prints how PyPI pydifact reads interchanges: a line of JSON for each file, its segments as lists of a
tag and elements, each a list of components. The bytes are given to it as ISO 8859-1, which loses nothing;
`cargo xtask interop trade` compares with the segments that a node sees.

    python segments.py FILE...
"""

import json
import sys
import warnings
from importlib import metadata

from pydifact.parser import Parser

# It warns of directories that it has no tables of, which is not what is compared.
warnings.simplefilter("ignore")
print(json.dumps({"kit": f"PyPI pydifact {metadata.version('pydifact')}"}))
for file in sys.argv[1:]:
    with open(file, encoding="iso-8859-1", newline="") as source:
        text = source.read()
    try:
        read = [[s.tag, *([e] if isinstance(e, str) else list(e) for e in s.elements)] for s in Parser().parse(text) if s.tag != "UNA"]
        print(json.dumps({"file": file, "segments": read}))
    except Exception as error:
        print(json.dumps({"file": file, "refused": f"{type(error).__name__}: {error}"[:200]}))
