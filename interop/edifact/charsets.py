"""Writes interchanges in every character set that two-byte languages and Europe use, made by Python's own
codecs, and says what stands in them: a line of JSON for each file, its segments as text. Every kana, kanji,
hangul and hanja of the national standards is in one of them, among them all whose bytes look like service
characters. `cargo xtask interop trade` holds a node's reading against it.

    python charsets.py FOLDER
"""

import json
import platform
import sys
from pathlib import Path

PER_VALUE = 16


def two_byte(codec, first, second):
    """Every character that a codec of the EUC or Shift_JIS family writes in two bytes."""
    for lead in first:
        for trail in second:
            try:
                text = bytes([lead, trail]).decode(codec)
            except UnicodeDecodeError:
                continue
            if len(text) == 1 and text.encode(codec, "ignore") == bytes([lead, trail]):
                yield text


def one_byte(codec):
    for byte in range(0xA0, 0x100):
        try:
            yield bytes([byte]).decode(codec)
        except UnicodeDecodeError:
            continue


HIGH = range(0xA1, 0xFF)
JIS = list(two_byte("euc_jp", HIGH, HIGH))
KSC = list(two_byte("euc_kr", HIGH, HIGH))
SJIS = list(two_byte("cp932", [*range(0x81, 0xA0), *range(0xE0, 0xFD)], range(0x40, 0xFD)))
UHC = list(two_byte("cp949", range(0x81, 0xFF), range(0x41, 0xFF)))

# Name, syntax identifier, codec, characters, what two partners have to agree on, UNA.
SETS = [
    ("iso-2022-jp", "UNOX:3", "iso2022_jp", JIS, "", ""),
    ("iso-2022-kr", "UNOX:3", "iso2022_kr", KSC, "", ""),
    ("iso-2022-kr-syntax-4", "UNOX:4", "iso2022_kr", KSC, "", ""),
    ("keca-euc-kr", "KECA:3", "euc_kr", KSC, "", ""),
    ("keca-cp949", "KECA:4", "cp949", UHC, "", ""),
    ("shift-jis", "UNOC:3", "cp932", SJIS, "SHIFT_JIS", ""),
    ("shift-jis-released-by-5c", "UNOC:3", "cp932", SJIS, "SHIFT_JIS", "UNA:+.\\ '"),
    ("shift-jis-7c-between-elements", "UNOC:3", "cp932", SJIS, "SHIFT_JIS", "UNA:|.? '"),
    ("utf-8", "UNOW:4", "utf-8", JIS + UHC, "", ""),
    *((f"iso-8859-{part}", f"{level}:3", f"iso8859_{part}", list(one_byte(f"iso8859_{part}")), "", "")
      for level, part in zip(["UNOC", "UNOD", "UNOE", "UNOF", "UNOG", "UNOH", "UNOI", "UNOJ", "UNOK", "UNOL"],
                             [1, 2, 5, 7, 3, 4, 6, 8, 9, 15])),
]


def main(folder):
    print(json.dumps({"kit": f"Python {platform.python_version()} codecs"}))
    for name, syntax, codec, characters, agreed, una in SETS:
        plus, release = (una[4], una[6]) if una else ("+", "?")
        values = ["".join(characters[at:at + PER_VALUE]) for at in range(0, len(characters), PER_VALUE)]
        date = "20261122" if syntax.endswith("4") else "261122"
        rows = [("UNB", syntax.split(":"), ["A"], ["B"], [date, "0915"], ["R"]), ("UNH", ["1"], ["X", "D", "1", "UN"])]
        # What stands beside it would be swallowed if a shift were not followed.
        rows += [("FTX", ["AAA"], [value, "X'"], [value]) for value in values]
        rows += [("UNT", [str(len(values) + 2)], ["1"]), ("UNZ", ["1"], ["R"])]

        def data(text):
            special = {plus, ":", "'", release} | ({"*"} if syntax.endswith("4") else set())
            if text.isascii():
                return "".join(release + c if c in special else c for c in text).encode("ascii")
            return text.encode(codec)

        body = una.encode("ascii")
        for tag, *elements in rows:
            body += tag.encode("ascii")
            for element in elements:
                body += plus.encode("ascii") + b":".join(data(part) for part in element)
            body += b"'"
        file = Path(folder) / f"{name}.edi"
        file.write_bytes(body)
        told = [[tag, *elements] for tag, *elements in rows]
        print(json.dumps({"file": str(file), "characters": agreed, "count": len(characters), "segments": told}))


main(sys.argv[1])
