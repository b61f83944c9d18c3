"""Proves that receipts in COSE (RFC 9942) mean the same to somebody else: PyPI scitt-cose verifies what a node
exports, and nothing that was altered; and `corridor verify` judges what scitt-cose signs as a log of its own.

    python receipts.py CORRIDOR CONFIG LOG-KEY FOLDER    (the node is running; LOG-KEY is its log's verifier key)
"""

import base64
import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from scitt_cose.receipt import build_receipt, verify_receipt

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from report import check, kit  # noqa: E402

CORRIDOR, CONFIG, LOG, FOLDER = sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])
ORIGIN = "peer.example/log"


def corridor(*arguments):
    command = [CORRIDOR, "--config", CONFIG, "--json", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False)


def pem(raw):
    key = Ed25519PublicKey.from_public_bytes(raw)
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def act_of(receipt):
    """The act that a receipt of C2SP carries: the leaf."""
    line = next(line for line in receipt.decode().split("\n") if line.startswith("extra "))
    return base64.b64decode(line.removeprefix("extra "))


def exported(act_id):
    """The receipt of an act in COSE, and the act. A node that has just started may not have signed over it yet."""
    cose, plain = FOLDER / "receipt.cose", FOLDER / "receipt.tlog-proof"
    for _ in range(50):
        if corridor("receipt", act_id, "--cose", "--output", cose).returncode == 0:
            break
        time.sleep(0.2)
    corridor("receipt", act_id, "--output", plain)
    return cose.read_bytes(), act_of(plain.read_bytes())


def holds(receipt, leaf, key):
    return verify_receipt(receipt, leaf_entry_hex=leaf.hex(), log_public_key_pem=key)


def ours():
    key = pem(base64.b64decode(LOG.split("+", 2)[2])[1:])
    acts = json.loads(corridor("act", "list", "--limit", "5").stdout)["items"]
    check("the node has acts", len(acts) > 1, acts)
    leaves = []
    for act in acts:
        receipt, leaf = exported(act["id"])
        found = holds(receipt, leaf, key)
        check(f"scitt-cose verifies the receipt of {act['type']}", found.ok, found.errors)
        leaves.append((receipt, leaf))
    receipt, leaf = leaves[0]
    check("and of another act it does not", not holds(receipt, leaves[1][1], key).ok)
    check("nor of the act with a byte altered", not holds(receipt, leaf[:-2] + b"x" + leaf[-1:], key).ok)
    check("nor by another log's key", not holds(receipt, leaf, pem(Ed25519PrivateKey.generate().public_key().public_bytes_raw())).ok)
    wrong = [at for at in range(len(receipt) - 64, len(receipt)) if holds(flipped(receipt, at), leaf, key).ok]
    check("nor with any byte of the signature altered", not wrong, wrong)
    # The first hash of the proof; sizes are not signed here, only the root that they lead to.
    proof = receipt.index(b"\x58\x20", receipt.index(b"\x19\x01\x8c")) + 2
    wrong = [at for at in range(proof, proof + 32) if holds(flipped(receipt, at), leaf, key).ok]
    check("nor with any byte of a hash of the proof altered", not wrong, wrong)
    return leaf


def flipped(receipt, at):
    return receipt[:at] + bytes([receipt[at] ^ 1]) + receipt[at + 1 :]


def theirs(leaf):
    """A log of scitt-cose that holds the act of ours among other leaves."""
    secret = Ed25519PrivateKey.generate()
    typed = b"\x01" + secret.public_key().public_bytes_raw()
    name = hashlib.sha256(ORIGIN.encode() + b"\n" + typed).digest()[:4].hex()
    private = secret.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    entries = [f"{n:02x}" for n in range(6)]
    entries.insert(3, leaf.hex())
    kid = f"{ORIGIN}+{name}".encode()
    made = build_receipt(leaf_entry_hex=leaf.hex(), leaf_index=3, tree_entries_hex=entries, alg="EdDSA", log_private_key_pem=private, kid=kid)
    policy, act, other = FOLDER / "peer.policy", FOLDER / "peer.act", FOLDER / "other.act"
    policy.write_text(f"log {ORIGIN}+{name}+{base64.b64encode(typed).decode()}\nquorum none\n")
    act.write_bytes(leaf)
    other.write_bytes(exported(json.loads(corridor("act", "list", "--limit", "2").stdout)["items"][1]["id"])[1])

    def judged(receipt, act):
        file = FOLDER / "peer.cose"
        file.write_bytes(receipt)
        ran = corridor("verify", file, "--policy", policy, "--act", act)
        states = {c["name"]: c["state"] for c in json.loads(ran.stdout)["files"][0]["checks"]}
        return ran.returncode, states.get("inclusion"), states.get("log-signature")

    # Nobody has cosigned: that cannot be checked, and nothing fails.
    found = judged(made, act)
    check("corridor verify takes a receipt that scitt-cose signed", found == (8, "passed", "passed"), found)
    check("and refuses it for another act", judged(made, other)[0] == 6)
    check("and with a byte of its signature altered", judged(flipped(made, len(made) - 5), act)[0] == 6)


kit("scitt-cose")
try:
    theirs(ours())
except Exception as error:  # noqa: BLE001
    check("the script ran to its end", False, repr(error))
