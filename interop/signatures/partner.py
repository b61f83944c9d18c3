"""Proves that a node's own requests are understood by somebody else: this script plays the partner at
the address that the trust list names. PyPI http-message-signatures verifies every request and signs
every answer; the acknowledgement is a signed note made here. A partner in trouble and a forged answer
come first: neither may make the document count as delivered.

    python partner.py FOLDER-OF-THE-DEMO CORRIDOR    (forwarder must be running, customs must not)
"""

import base64
import datetime
import hashlib
import http.server
import json
import subprocess
import sys
import threading
import urllib.parse
from pathlib import Path
from types import SimpleNamespace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import ContentDigest, HTTPMessageSigner, HTTPMessageVerifier, MappingKeyResolver
from http_message_signatures import algorithms

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from report import check, kit  # noqa: E402

REQUIRED = ("@method", "@target-uri", "content-digest", "content-length", "content-type")
BOUND = ("@status", "content-digest", "content-type", '"@method";req', '"@target-uri";req', '"signature";req;key="corridor"')
PIECE = 1 << 20
DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def body_of(note):
    """The JSON object of a signed note whose first line is its type."""
    text = note[: note.rindex("\n\n") + 1]
    return json.loads(text.split("\n", 1)[1])


def multikey(text):
    """The 32 bytes of a Multikey `z6Mk...`."""
    number = 0
    for digit in text[1:]:
        number = number * 58 + DIGITS.index(digit)
    raw = number.to_bytes(34, "big")
    assert text[0] == "z" and raw[:2] == b"\xed\x01", text
    return raw[2:]


def key_hash(name, raw):
    return hashlib.sha256(name.encode() + b"\n\x01" + raw).digest()[:4]


def listed(folder, country, name):
    newest = max((folder / f"anchor-{country}" / "lists").glob("*.note"))
    return next(p for p in body_of(newest.read_text())["participants"] if p["did"].endswith(f":{name}"))


class Stage:
    """The demo's directory: the sender as its trust list shows it, and the keys of the partner played."""

    def __init__(self, folder):
        self.folder = folder
        self.sender, self.us = listed(folder, "kr", "forwarder"), listed(folder, "jp", "customs")
        pinned = self.sender["keys"][-1]
        self.sender_key, self.sender_raw = pinned["id"], multikey(pinned["key"])
        # The node hosts others too, each with a folder of its own.
        file = json.loads(max((folder / "customs" / "keys").glob("customs-*/*.key")).read_text())
        self.our_key, self.our_raw = file["name"], multikey(file["public"])
        self.secret = Ed25519PrivateKey.from_private_bytes(base64.b64decode(file["seed"]))

    def resolver(self, secret=None):
        public = Ed25519PublicKey.from_public_bytes(self.sender_raw)
        return MappingKeyResolver(public_keys={self.sender_key: public}, private_keys={self.our_key: secret or self.secret})

    def acknowledgement(self, envelope, statement):
        """The signed note that says: this document is safe with us."""
        now = datetime.datetime.now(datetime.timezone.utc)
        body = {
            "envelope": envelope["id"], "statement": hashlib.sha256(statement).hexdigest(), "sha256": envelope["sha256"],
            "sender": envelope["sender"], "recipient": envelope["recipient"],
            "time": now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z",
        }
        text = f"corridor/acknowledgement/v1\n{json.dumps(body)}\n".encode()
        payload = base64.b64encode(key_hash(self.our_key, self.our_raw) + self.secret.sign(text)).decode()
        return text + f"\n\u2014 {self.our_key} {payload}\n".encode()


class Partner:
    """What the partner knows: what came, and how it is told to answer next."""

    def __init__(self, stage):
        self.stage, self.moods, self.uploads = stage, [], {}
        self.nonces, self.requests, self.arrived = set(), 0, {}
        self.lock = threading.Lock()

    def verify(self, request, body):
        """Verifies one request with the package; what it found wrong, or nothing."""
        verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=self.stage.resolver())
        try:
            results = verifier.verify(
                request, max_age=datetime.timedelta(seconds=60), expect_tag="corridor", require_components=REQUIRED, body=body
            )
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        nonce = results[0].parameters.get("nonce")
        if not nonce or nonce in self.nonces:
            return "its nonce is missing or was used before"
        self.nonces.add(nonce)
        return None

    def envelope(self, note):
        """Checks the envelope's own signature, by C2SP signed-note."""
        text, lines = note[: note.rindex("\n\n") + 1], note[note.rindex("\n\n") + 2 :].splitlines()
        for line in lines:
            _, name, payload = line.split(" ")
            raw = base64.b64decode(payload)
            if name == self.stage.sender_key and raw[:4] == key_hash(name, self.stage.sender_raw):
                Ed25519PublicKey.from_public_bytes(self.stage.sender_raw).verify(raw[4:], text.encode())
                return body_of(note), text.encode()
        raise InvalidSignature("no signature of the sender")

    def answer(self, request, body):
        """Status, content type and content; and whether the answer is signed by the true key."""
        path = urllib.parse.urlsplit(request.url)
        if request.method == "PATCH":
            identifier = path.path.rsplit("/", 1)[1]
            envelope, text, held = self.uploads[identifier]
            if urllib.parse.parse_qs(path.query)["recipient"] != [self.stage.us["did"]]:
                raise ValueError(f"meant for somebody else: {path.query}")
            if int(request.headers["upload-offset"]) != len(held):
                raise ValueError("a piece from a wrong offset")
            held += body
        else:
            length = int(request.headers["envelope-length"])
            envelope, text = self.envelope(body[:length].decode())
            held = bytearray(body[length:])
            if len(held) < envelope["size"]:
                held = self.uploads.setdefault(envelope["id"], (envelope, text, held))[2]
        if len(held) < envelope["size"]:
            return 202, "application/json", json.dumps({"offset": len(held)}).encode()
        if hashlib.sha256(held).hexdigest() != envelope["sha256"]:
            raise ValueError("the content is not what the envelope names")
        self.arrived[envelope["id"]] = bytes(held)
        return 200, "text/plain; charset=utf-8", self.stage.acknowledgement(envelope, text)

    def sign(self, answer, mood):
        """Signs an answer with the package, bound to its request; a forger signs with a key of his own."""
        secret = Ed25519PrivateKey.generate() if mood == "forged" else None
        signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=self.stage.resolver(secret))
        signer.sign(
            answer, key_id=self.stage.our_key, created=datetime.datetime.now(datetime.timezone.utc), label="corridor",
            tag="corridor", covered_component_ids=BOUND, use_existing_digest=True,
        )


def handler_of(partner):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def serve(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            # This partner has no ledger: questions of witnesses and for receipts find nobody.
            if not self.path.startswith("/exchange/v1/deliveries"):
                self.send_response(404)
                self.send_header("content-length", "0")
                return self.end_headers()
            url = partner.stage.us["endpoint"] + self.path
            request = SimpleNamespace(method=self.command, url=url, headers=dict(self.headers.items()))
            with partner.lock:
                partner.requests += 1
                name = f"request {partner.requests} ({self.command}, {len(body)} bytes) verifies with the package"
                request.headers = {k.lower(): v for k, v in request.headers.items()}
                why = partner.verify(request, body)
                check(name, why is None, why)
                mood = partner.moods.pop(0) if partner.moods else "well"
                status, kind, content = 503, "text/plain", b"back soon"
                if mood != "in trouble":
                    try:
                        status, kind, content = partner.answer(request, body)
                    except Exception as error:
                        check("what the request carries is in order", False, repr(error))
            answer = SimpleNamespace(status_code=status, headers={"content-type": kind}, request=request)
            answer.headers["content-digest"] = ContentDigest.create(content)
            if mood != "in trouble":
                partner.sign(answer, mood)
            self.send_response(status)
            for field, value in answer.headers.items():
                self.send_header(field, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PATCH = serve

        def log_message(self, *_):
            pass

    return Handler


def send(program, folder, document, recipient, wait):
    """Hands a document to the node and says what became of it within so many seconds."""
    command = [program, "--json", "--config", "forwarder.toml", "send", document, "--to", recipient, "--kind", "edifact", "--wait", str(wait)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=wait + 30)
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        return {"state": done.stderr.strip()}


def main():
    kit("http-message-signatures")
    folder, program = Path(sys.argv[1]).resolve(), str(Path(sys.argv[2]).resolve())
    stage = Stage(folder)
    partner = Partner(stage)
    port = urllib.parse.urlsplit(stage.us["endpoint"]).port
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler_of(partner))
    threading.Thread(target=server.serve_forever, daemon=True).start()

    partner.moods = ["in trouble", "forged"]
    sent = send(program, folder, "cuscar.edi", stage.us["did"], 40)
    check("a document is offered again after trouble and after a forged answer, and delivered", sent.get("state") == "delivered", sent)
    check("an unsigned and a forged answer did not make it count", partner.requests >= 3 and not partner.moods, partner.requests)
    check("what arrived is what was sent", partner.arrived.get(sent.get("id")) == (folder / "cuscar.edi").read_bytes())

    large = (folder / "cuscar.edi").read_bytes() * 600
    (folder / "large.edi").write_bytes(large)
    before = partner.requests
    sent = send(program, folder, "large.edi", stage.us["did"], 40)
    check(f"a document of {len(large)} bytes is delivered in pieces", sent.get("state") == "delivered", sent)
    check("it came as an envelope and as pieces of at most 1 MiB", partner.requests - before == 1 + -(-len(large) // PIECE), partner.requests - before)
    check("what arrived in pieces is what was sent", partner.arrived.get(sent.get("id")) == large)
    server.shutdown()


main()
