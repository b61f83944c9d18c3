// Holds verify.mjs against vectors. Reads from standard input
//   { now, receipts: [{ name, receipt, policy, expect }], signatures: [{ name, key, message, signature, valid }],
//     parts: [{ name, parts, file }], proofs: [{ name, size, root, index, leaf, proof, valid }] }
// with bytes in base64 and `expect` the checks as "NAME STATE [ABOUT]", or null where the policy is refused, `file`
// what the parts make, or null; prints what differs and ends with 1 when anything does. `ground/proof/tests/browser.rs` runs it.

import { includes, join, usablePoint, verifiesStrictly, verify } from "./verify.mjs";

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

async function checksOf({ receipt, policy }, now) {
  try {
    const { checks } = await verify(bytes(receipt), bytes(policy), { now });
    // Why a form is refused is told in words, which need not be the same ones.
    const about = (c) => (["form", "act"].includes(c.name) && c.state === "failed" ? [] : c.about);
    return checks.map((c) => `${c.name} ${c.state} [${about(c).join(",")}]`);
  } catch (error) {
    if (error.constructor.name === "Refused") return null;
    throw error;
  }
}

let input = "";
for await (const chunk of process.stdin.setEncoding("utf8")) input += chunk;
const { now, receipts, signatures, parts, proofs } = JSON.parse(input);
const differences = [];
for (const vector of receipts) {
  const found = await checksOf(vector, now);
  if (JSON.stringify(found) !== JSON.stringify(vector.expect)) {
    differences.push({ name: vector.name, found, expect: vector.expect });
  }
}
for (const { name, key, message, signature, valid } of signatures) {
  const found = await verifiesStrictly(bytes(key), bytes(message), bytes(signature));
  if (found !== valid) differences.push({ name, found, expect: valid, usable: usablePoint(bytes(key)) });
}
for (const vector of parts) {
  const made = join(vector.parts.map(bytes)).then((file) => btoa(String.fromCharCode(...file)));
  const found = await made.catch(() => null);
  if (found !== vector.file) differences.push({ name: vector.name, found, expect: vector.file });
}
for (const { name, size, root, index, leaf, proof, valid } of proofs) {
  const tree = { size: BigInt(size), root: bytes(root) };
  const found = await includes(tree, BigInt(index), bytes(leaf), proof.map(bytes));
  if (found !== valid) differences.push({ name, found, expect: valid });
}
const held = { receipts: receipts.length, signatures: signatures.length, proofs: proofs.length };
console.log(JSON.stringify({ ...held, differences }, null, 1));
process.exitCode = differences.length === 0 ? 0 : 1;
