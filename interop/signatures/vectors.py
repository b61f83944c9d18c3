"""Proves that this kit reads RFC 9421 and RFC 9530 as their authors do: the signatures of RFC 9421 that
are made with Ed25519 (B.2.6 and B.5), and the digest of RFC 9530, appendix B.1."""

import base64
import datetime
import sys
from pathlib import Path
from types import SimpleNamespace

from cryptography.hazmat.primitives.serialization import load_der_private_key
from http_message_signatures import ContentDigest, HTTPMessageSigner, HTTPMessageVerifier, MappingKeyResolver
from http_message_signatures import algorithms

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from report import check, kit  # noqa: E402

# test-key-ed25519, RFC 9421, B.1.4: public by intent.
KEY = load_der_private_key(base64.b64decode("MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF"), None)
KEYS = MappingKeyResolver(public_keys={"test-key-ed25519": KEY.public_key()}, private_keys={"test-key-ed25519": KEY})
B26 = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
B5 = "ZT1kooQsEHpZ0I1IjCqtQppOmIqlJPeo7DHR3SoMn0s5JZ1eRGS0A+vyYP9t/LXlh5QMFFQ6cpLt2m0pmj3NDA=="
CREATED = datetime.datetime.fromtimestamp(1618884473, datetime.timezone.utc)


def signed(message, label, fields):
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=KEYS)
    signer.sign(message, key_id="test-key-ed25519", created=CREATED, label=label, include_alg=False, covered_component_ids=fields)
    return message.headers["Signature"]


def verifies(message):
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=KEYS)
    try:
        return bool(verifier.verify(message, max_age=None))
    except Exception:
        return False


def main():
    kit("http-message-signatures")
    fields = {"Host": "example.com", "Date": "Tue, 20 Apr 2021 02:07:55 GMT", "Content-Type": "application/json", "Content-Length": "18"}
    post = SimpleNamespace(method="POST", url="https://example.com/foo?param=Value&Pet=dog", headers=fields)
    made = signed(post, "sig-b26", ("date", "@method", "@path", "@authority", "content-type", "content-length"))
    check("B.2.6 is made, byte for byte", made == f"sig-b26=:{B26}:", made)
    check("B.2.6 verifies", verifies(post))
    get = SimpleNamespace(method="GET", url="https://example.org/demo?name1=Value1&Name2=value2", headers={"Accept": "application/json, */*"})
    made = signed(get, "transform", ("@method", "@path", "@authority", "accept"))
    check("B.5 is made, byte for byte", made == f"transform=:{B5}:", made)
    check("B.5 verifies", verifies(get))
    get.headers["Accept-Language"], get.url = "en-US,en;q=0.5", get.url + "&param=added"
    check("B.5 verifies: a query parameter and a field added", verifies(get))
    get.headers["Accept"] = "*/*, application/json"
    check("B.5 does not verify: values of accept exchanged", not verifies(get))
    digest = ContentDigest.create(b'{"hello": "world"}\n')
    check("RFC 9530, B.1: the digest of the example", digest == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:", digest)
    digest = ContentDigest.create(b'{"hello": "world"}')
    check("the digest that the tests of a node expect, of the same words without the line break", digest == "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:", digest)


main()
