"""Reads a UNECE directory zip in a way of its own and writes a StAEDI schema for each of its messages.

usage: schemas.py ZIP FOLDER

Shares nothing with the program it is held against: other language, other reading of the tables (regular
expressions over the whole file), other model. Prints the message types, one a line.
"""
import io
import re
import sys
import zipfile
from xml.sax.saxutils import escape

REPEATED = 100  # syntax 3: an element that repeats stands this often at most; one that may stand more often stands last


def files(data, depth=0):
    for info in zipfile.ZipFile(io.BytesIO(data)).infolist():
        name = info.filename.upper().rsplit("/", 1)[-1]
        if name.startswith(("IDMD", "IDSD", "IDCD")):
            continue
        if name.endswith(".ZIP") and depth < 3:
            yield from files(zipfile.ZipFile(io.BytesIO(data)).read(info), depth + 1)
        elif re.fullmatch(r"([A-Z]{6}_[DS]|EDSD|TRSD|EDCD|TRCD|EDED|TRED|UNCL(-\d)?)\.\d\d[A-Z]", name):
            text = zipfile.ZipFile(io.BytesIO(data)).read(info).decode("cp437")
            yield name, text.replace("\r", "").translate(str.maketrans("─│┐┘┴┤┬", "-|+++++"))


def sections(text):
    return re.split(r"\n-{60,}\n", text)[1:]


ROW = re.compile(
    r"^(?:(\d{3})[ +*#|X-]{1,7}| {4,8}[+*#|X-]{0,3} {0,3})([CES]?\d{3,4}) ((?:.|\n {10,})*?)\s([MC])(?:[ ]+(\d+))?(?:[ ]+(an?|n)(\.\.)?(\d+))?[ ]*$",
    re.M)


def segment(section):
    tag = re.search(r"^[ +*#|X-]*([A-Z0-9]{3}) ", section, re.M).group(1)
    elements = []
    body = section
    for m in ROW.finditer(body):
        position, code, _, status, repeat, kind, dots, length = m.groups()
        if len(code) != 4:
            continue
        value = (code, status == "M", kind, bool(dots), int(length or 0))
        if position is not None:
            elements.append([code, status == "M", int(repeat or 1), value if kind else None, []])
        else:
            elements[-1][4].append(value)
    return tag, elements


def codes(section):
    head = re.search(r"^[ +*#|X-]*(\d{4}) ", section, re.M)
    said = re.search(r"^ +Repr: .*$", section, re.M)
    if not head or not said:
        return None, []
    found = re.findall(r"^(?:[+*#|X-]{1,3} {1,8}| {2,9})(?!Note:|Desc:|Repr:)(\S+)(?= )", section[said.end():], re.M)
    return head.group(1), found


def table(text):
    text = text[[m.start() for m in re.finditer(r"^ *4\.3\.1 +Segment table", text, re.M | re.I)][-1]:]
    root = []
    stack = [root]
    # A name too long for its column goes on in the next line.
    text = re.sub(r"^(\d{4,5}.{3}[A-Z]{3} [^|+\n]*?)\s*\|*\n +(\S.*)$", r"\1 \2", text, flags=re.M) if "SPS Sampling" in text else text
    for line in text.split("\n"):
        group = re.match(r"\d{4,5}.*-{3,} Segment group (\d+) *-+ ([MC]) +(\d+)-*\+", line)
        if group:
            inner = []
            stack[-1].append(("group", group.group(1), group.group(2) == "M", int(group.group(3)), inner))
            stack.append(inner)
            continue
        row = re.match(r"\d{4,5}[ +*#|X-]+?([A-Z]{3}) .*? ([MC]) +(\d+)-*([+| ]*)$", line)
        if row:
            stack[-1].append(("segment", row.group(1), row.group(2) == "M", int(row.group(3)), None))
            for _ in range(row.group(4).count("+")):
                stack.pop()
            if row.group(1) == "UNT":
                break
    return root


class Writer:
    def __init__(self, segments, lists):
        self.segments, self.lists = segments, lists

    def message(self, rows):
        self.elements, self.composites, self.used = {}, {}, {}
        body = self.rows([r for r in rows if r[1] not in ("UNH", "UNT")])
        out = ['<schema xmlns="http://xlate.io/EDISchema/v4"><transaction><sequence>', *body, "</sequence></transaction>"]
        return "\n".join(out + list(self.elements.values()) + list(self.composites.values()) + list(self.used.values()) + ["</schema>"])

    def rows(self, rows):
        for kind, name, must, most, inner in rows:
            bounds = f'minOccurs="{int(must)}" maxOccurs="{most}"'
            if kind == "segment":
                self.segment(name)
                yield f'<segment type="{name}" {bounds}/>'
            else:
                yield f'<loop code="SG{name}" {bounds}><sequence>'
                yield from self.rows(inner)
                yield "</sequence></loop>"

    def segment(self, tag):
        if tag in self.used:
            return
        self.used[tag] = ""
        parts = []
        for code, must, repeat, simple, components in self.segments.get(tag, []):
            for number in range(min(repeat, REPEATED)):
                low = f'minOccurs="{int(must and number == 0)}"'
                if simple:
                    parts.append(f'<element type="{self.element(simple)}" {low}/>')
                else:
                    parts.append(f'<composite type="{self.composite(tag, code, components)}" {low}/>')
            if repeat > REPEATED:
                break
        self.used[tag] = f'<segmentType name="{tag}"><sequence>{"".join(parts)}</sequence></segmentType>'

    def composite(self, tag, code, components):
        name = f"{code}-{tag}"
        if name not in self.composites:
            parts = [f'<element type="{self.element(c)}" minOccurs="{int(c[1])}"/>' for c in components]
            self.composites[name] = f'<compositeType name="{name}"><sequence>{"".join(parts)}</sequence></compositeType>'
        return name

    def element(self, value):
        code, _, kind, variable, length = value
        name = f"E{code}-{kind}{'v' if variable else 'f'}{length}"
        if name not in self.elements:
            low = 1 if variable else length
            values = self.lists.get(code, [])
            base = "decimal" if kind == "n" and not values else "identifier" if values else "string"
            inner = "".join(f"<value>{escape(v)}</value>" for v in values)
            inner = f"<enumeration>{inner}</enumeration>" if inner else ""
            self.elements[name] = f'<elementType name="{name}" code="{code}" base="{base}" minLength="{low}" maxLength="{length}">{inner}</elementType>'
        return name


def main(path, folder):
    segments = {"UNS": [["0081", True, 1, ("0081", True, "a", False, 1), []]]}
    segments["UGH"] = segments["UGT"] = [["0087", True, 1, ("0087", True, "n", True, 4), []]]
    lists, messages = {}, {}
    for name, text in files(open(path, "rb").read()):
        if name.startswith(("EDSD", "TRSD")):
            segments.update(segment(s) for s in sections(text) if s.strip())
        elif name.startswith("UNCL"):
            lists.update(codes(s) for s in sections(text) if s.strip())
        elif re.match(r"[A-Z]{6}_[DS]\.", name):
            messages[name[:6]] = table(text)
    writer = Writer(segments, {c: sorted(set(v)) for c, v in lists.items() if c and v})
    for kind, rows in sorted(messages.items()):
        with open(f"{folder}/{kind}.xml", "w", encoding="utf-8") as out:
            out.write(writer.message(rows))
        print(kind)


main(*sys.argv[1:3])
