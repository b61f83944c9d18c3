// Verifies a receipt in a visitor's browser: the same checks, by the same names, as `receipt::verify`
// of corridor-proof, without a server's help and without anybody's code but this file and WebCrypto.
// It runs unchanged in Node, which is how it is held against the vectors of the Rust code.
//
//   import { verify } from "./verify.mjs";
//   const { outcome, checks } = await verify(receiptBytes, policyBytes, { now: Date.now() / 1000 });
//
// Browsers differ in which odd Ed25519 signatures they take. What they differ in is decided here, before
// they are asked: keys and first halves of small order, encodings that are not canonical, second halves
// that are not reduced. What a browser cannot check (ML-DSA-44; Ed25519 in an old one) is "not-checked".

const HEADER = "c2sp.org/tlog-proof@v1";
const MAX_CHECKPOINT = 512 * 1024;
const MAX_PROOF_FILE = MAX_CHECKPOINT + 96 * 1024;
const MAX_TEXT = 16 * 1024;
const MAX_ACT = 16 * 1024;
const MAX_POLICY = 1 << 20;
const MAX_LINES = 256;
const MAX_NAME = 512;
const MAX_SIGNATURES = 100;
const MAX_PROOF = 64;
const MAX_AHEAD = 300;
const MAX_SIZE = (1n << 63n) - 1n;
const ML_DSA_44_KEY = 1312;
const ML_DSA_44_SIGNATURE = 2420;
const OURS = "#corridor";
const DASH = "\u2014 ";

/** What is wrong with a file, told by name. */
class Refused extends Error {}

const refuse = (why) => {
  throw new Refused(why);
};

// ---------------------------------------------------------------- bytes and text

const utf8 = (text) => new TextEncoder().encode(text);
const bytesOf = (text) => utf8(text).length;

function concat(...parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse("it is not UTF-8");
  }
}

/** Base64 with padding in its one spelling (RFC 4648, section 4), or null. */
function base64(text) {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  const binary = atob(text);
  return btoa(binary) === text ? Uint8Array.from(binary, (c) => c.charCodeAt(0)) : null;
}

/** 32 bytes in base64url without padding, or null. */
function base64url32(text) {
  if (text.length !== 43 || !/^[A-Za-z0-9_-]*$/.test(text)) return null;
  return base64(text.replaceAll("-", "+").replaceAll("_", "/") + "=");
}

function split(text, by) {
  const at = text.indexOf(by);
  return at < 0 ? null : [text.slice(0, at), text.slice(at + by.length)];
}

const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** Decimal, no sign, no leading zero, at most 2^63 - 1; a BigInt. */
function number(text) {
  if (!/^(0|[1-9][0-9]{0,18})$/.test(text) || BigInt(text) > MAX_SIZE) {
    refuse("a decimal number without leading zero expected");
  }
  return BigInt(text);
}

function hash(text) {
  const bytes = text.length === 44 ? base64(text) : null;
  return bytes?.length === 32 ? bytes : refuse("32 bytes in base64 expected");
}

const big = (bytes) => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
const little = (bytes) => big([...bytes].reverse());

// ---------------------------------------------------------------- Ed25519, strictly

const P = (1n << 255n) - 19n;
const L = (1n << 252n) + 27742317777372353535851937790883648493n;
const mod = (n) => ((n % P) + P) % P;

function power(base, exponent) {
  let [result, square] = [1n, mod(base)];
  for (let e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

const D = mod(-121665n * power(121666n, P - 2n));

/** The y of a point of order eight; with 0, 1, -1 and its negative these are all of small order. */
const Y8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022n;
const SMALL = new Set([0n, 1n, P - 1n, Y8, P - Y8]);

/** Whether these 32 bytes are the one spelling of a point of the curve that is not of small order. */
export function usablePoint(bytes) {
  const y = little(bytes) & ((1n << 255n) - 1n);
  if (bytes.length !== 32 || y >= P || SMALL.has(y)) return false;
  const square = mod((y * y - 1n) * power(D * y * y + 1n, P - 2n));
  // Euler's criterion; x = 0 is of small order and was refused above.
  return power(square, (P - 1n) / 2n) === 1n;
}

let supported;

/** Whether this browser has Ed25519 at all. */
async function hasEd25519() {
  supported ??= importKey(new Uint8Array(32).fill(0x58, 0, 1).fill(0x66, 1)).then(
    () => true,
    () => false,
  );
  return supported;
}

const importKey = (bytes) => crypto.subtle.importKey("raw", bytes, { name: "Ed25519" }, false, ["verify"]);

/**
 * Whether the key made this signature of this message, as strictly as ed25519-dalek's `verify_strict`:
 * true, false, or null where the browser has no Ed25519.
 */
export async function verifiesStrictly(key, message, signature) {
  if (signature.length !== 64 || !usablePoint(key)) return false;
  const [r, s] = [signature.slice(0, 32), signature.slice(32)];
  if (little(s) >= L || !usablePoint(r)) return false;
  if (!(await hasEd25519())) return null;
  try {
    return await crypto.subtle.verify({ name: "Ed25519" }, await importKey(key), signature, message);
  } catch {
    return false;
  }
}

// ---------------------------------------------------------------- notes and checkpoints

const validName = (name) =>
  bytesOf(name) >= 1 && bytesOf(name) <= 512 && !/[\p{White_Space}\p{Cc}+]/u.test(name);

const holdsControls = (text) => /[\0-\x09\x0b-\x1f]/.test(text);

function signatureLine(line) {
  if (!line.startsWith(DASH)) refuse("a signature line does not begin with an em dash");
  const parts = split(line.slice(DASH.length), " ") ?? refuse("a signature line lacks its signature");
  if (!validName(parts[0])) refuse("a signature line has no usable name");
  const payload = base64(parts[1]) ?? refuse("a signature is not base64");
  if (payload.length < 5) refuse("a signature is too short");
  return { name: parts[0], hash: payload.slice(0, 4), signature: payload.slice(4) };
}

/** A note: its text, with the final newline, and its signatures. */
function note(whole) {
  const at = whole.lastIndexOf("\n\n");
  if (at < 0) refuse("no blank line before the signatures");
  const [text, lines] = [whole.slice(0, at + 1), whole.slice(at + 2)];
  if (holdsControls(text)) refuse("the text holds control characters");
  if (!lines.endsWith("\n")) refuse("the last signature line is cut");
  const signatures = lines.slice(0, -1).split("\n");
  if (signatures.length > MAX_SIGNATURES) refuse("too many signatures");
  return { text, signatures: signatures.map(signatureLine) };
}

function checkpoint(whole) {
  if (bytesOf(whole) > MAX_CHECKPOINT) refuse("too-large");
  const { text, signatures } = note(whole);
  if (bytesOf(text) > MAX_TEXT) refuse("too long");
  const lines = text.slice(0, -1).split("\n");
  const [origin, size, root, ...extensions] = lines;
  if (lines.length < 3) refuse("origin, size and root expected");
  if (origin === "" || bytesOf(origin) > 255) refuse("1 to 255 printable bytes of origin expected");
  if (extensions.includes("")) refuse("an empty line");
  return { text, signatures, origin, size: number(size), root: hash(root), extensions };
}

// ---------------------------------------------------------------- the receipt

function logProof(bytes) {
  if (bytes.length > MAX_PROOF_FILE) refuse("too-large");
  const parts = split(textOf(bytes), "\n\n") ?? refuse("no empty line before the checkpoint");
  const lines = parts[0].split("\n");
  if (lines.shift() !== HEADER) refuse("unknown-version");
  let extra = null;
  if (lines[0]?.startsWith("extra ")) {
    extra = base64(lines.shift().slice(6)) ?? refuse("the extra line is not base64");
  }
  const index = lines.shift() ?? "";
  if (!index.startsWith("index ")) refuse("no index line");
  if (lines.length > MAX_PROOF) refuse("too many hashes");
  return {
    extra,
    index: number(index.slice(6)),
    hashes: lines.map(hash),
    checkpoint: checkpoint(parts[1]),
  };
}

/** Strings in the order of their UTF-8 bytes, which is that of their code points. */
function byCodePoint(a, b) {
  const [x, y] = [[...a], [...b]];
  const at = x.findIndex((c, i) => c !== y[i]);
  if (at < 0) return x.length - y.length;
  return y[at] === undefined ? 1 : x[at].codePointAt(0) - y[at].codePointAt(0);
}

/** The act of a receipt; only its one spelling is read. */
function act(bytes) {
  if (bytes.length > MAX_ACT) refuse("too-large");
  const wrong = () => refuse("not in the one spelling of an act");
  const text = textOf(bytes);
  let read;
  try {
    read = JSON.parse(text);
  } catch {
    return wrong();
  }
  const { type, version, id, time, fields } = read ?? {};
  const texts = [type, id, time].every((value) => typeof value === "string");
  if (!texts || typeof fields !== "object" || fields === null || Array.isArray(fields)) wrong();
  if (!Number.isInteger(version) || version < 0 || version > 0xffffffff) wrong();
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) wrong();
  const millis = Date.parse(time);
  const instant = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z$/.test(time);
  if (!instant || !(millis >= 0 && millis <= 253402207200000)) wrong();
  if (new Date(millis).toISOString() !== time) wrong();
  const names = Object.keys(fields).sort(byCodePoint);
  if (names.some((name) => typeof fields[name] !== "string" || base64url32(fields[name]) === null)) wrong();
  const inner = names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(fields[name])}`).join(",");
  const spelt =
    `{"type":${JSON.stringify(type)},"version":${version},"id":"${id}","time":"${time}","fields":{${inner}}}`;
  // A lone surrogate is written back as it was escaped, but is no text.
  if (spelt !== text || [type, ...names].some((value) => /\p{Cs}/u.test(value))) wrong();
  return { type, version, id, time, fields };
}

const leafHash = (entry) => sha256(concat([0], entry));
const nodeHash = (left, right) => sha256(concat([1], left, right));

/** Whether the proof leads from the leaf to the root (RFC 9162, 2.1.3.2). */
export async function includes({ size, root }, index, leaf, proof) {
  if (index >= size || [leaf, ...proof].some((hash) => hash.length !== 32)) return false;
  let [at, last, node] = [index, size - 1n, leaf];
  for (const sibling of proof) {
    if (last === 0n) return false;
    if (at & 1n || at === last) {
      node = await nodeHash(sibling, node);
      while (at !== 0n && !(at & 1n)) [at, last] = [at >> 1n, last >> 1n];
    } else {
      node = await nodeHash(node, sibling);
    }
    [at, last] = [at >> 1n, last >> 1n];
  }
  return last === 0n && equal(node, root);
}

/**
 * Puts a receipt together from the contents of its QR codes, in any order, each as often as it was read; a
 * single code that is no part is the receipt itself. Throws what is missing.
 */
export async function join(parts) {
  const prefix = utf8("corridor/receipt-part/v1 ");
  const isPart = (bytes) => equal(bytes.slice(0, prefix.length), prefix);
  if (parts.length === 1 && !isPart(parts[0])) return parts[0];
  const pieces = new Map();
  let whole;
  for (const part of parts) {
    const end = part.subarray(0, 48).indexOf(10);
    const line = isPart(part) && end >= 0 ? textOf(part.slice(prefix.length, end)) : "";
    const [, number, of, short] =
      /^([1-9][0-9]?) ([1-9][0-9]?) ([0-9a-f]{8})$/.exec(line) ?? refuse("a code that is no part of a receipt");
    if (Number(of) > 32 || Number(number) > Number(of)) refuse("a code that is no part of a receipt");
    whole ??= `${of} ${short}`;
    if (whole !== `${of} ${short}`) refuse("parts of different receipts");
    pieces.set(Number(number), part.slice(end + 1));
  }
  const [count, short] = (whole ?? refuse("no part")).split(" ");
  const numbers = Array.from({ length: Number(count) }, (_, i) => i + 1);
  const missing = numbers.filter((number) => !pieces.has(number));
  if (missing.length > 0) refuse(`of ${count} parts these are missing: ${missing.join(", ")}`);
  const file = concat(...numbers.map((number) => pieces.get(number)));
  const found = [...(await sha256(file)).slice(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return found === short ? file : refuse("the parts do not make the receipt");
}

// ---------------------------------------------------------------- the policy

async function verifierKey(text) {
  if (bytesOf(text) > 4096) refuse("too long");
  const parts = /^([^+]*)\+([^+]*)\+(.*)$/su.exec(text) ?? refuse("NAME+HASH+KEY expected");
  const [, name, hex, key] = parts;
  const typed = base64(key) ?? refuse("the key is not base64");
  const [type, bytes] = [typed[0], typed.slice(1)];
  if (type === 6 ? bytes.length !== ML_DSA_44_KEY : type !== 1 && type !== 4) refuse("unknown-version");
  if (type !== 6 && bytes.length !== 32) refuse("the key is not 32 bytes");
  if (type !== 6 && !usablePoint(bytes)) refuse("not a usable point");
  const hash = (await sha256(concat(utf8(`${name}\n`), typed))).slice(0, 4);
  const expected = [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (!validName(name) || hex !== expected) refuse("the hash does not belong to the key");
  return { name, type, bytes, hash };
}

/** A character for each octet, and the octets of such characters. */
const octetsOf = (bytes) => bytes.reduce((text, byte) => text + String.fromCharCode(byte), "");
const octets = (text) => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** Octets as text where they are UTF-8; else null. */
function utf8Of(word) {
  try {
    return textOf(octets(word));
  } catch {
    return null;
  }
}

const word = (octets) => utf8Of(octets) ?? refuse("a word that is not UTF-8");

/**
 * Reads a witness policy (C2SP tlog-policy) with the lines of the corridor: its octets, or its text; throws what
 * is wrong.
 */
export async function readPolicy(policy) {
  const bytes = typeof policy === "string" ? utf8(policy) : policy;
  if (bytes.length > MAX_POLICY) refuse("too-large");
  const text = octetsOf(bytes);
  if (/[\0-\x08\x0b-\x1f\x7f]/.test(text)) refuse("it holds control characters");
  const reader = new PolicyReader();
  for (const line of text.split("\n")) {
    await reader.line(line.split(/[ \t]/).filter((word) => word !== ""));
  }
  return reader.finish();
}

class PolicyReader {
  logs = [];
  witnesses = [];
  groups = [];
  names = new Map();
  grouped = new Set();
  quorum = undefined;
  countries = undefined;
  ended = [];
  logOperators = new Map();
  witnessOperators = new Map();
  opaque = false;
  marked = false;

  async line(words) {
    const [first, ...rest] = words;
    const count = words.length;
    if (count === 0) return;
    if (first === "log" && (count === 2 || count === 3)) return this.log(word(rest[0]));
    if (first === "witness" && (count === 3 || count === 4)) {
      return this.witness(this.shown(rest[0]), word(rest[1]));
    }
    if (first === "group" && count >= 3) {
      const [name, ...members] = [rest[0], ...rest.slice(2)].map((name) => this.shown(name));
      return this.group(name, word(rest[1]), members);
    }
    if (first === "quorum" && count === 2) return this.setQuorum(this.shown(rest[0]));
    if (first === OURS) return this.ours(count, rest[0], rest.slice(1));
    // Everybody else's comments are nothing to us, also those that begin alike.
    if (!first.startsWith("#")) refuse("a line that is not known");
  }

  /** What follows `#corridor`: read, never passed over. */
  ours(count, kind, rest) {
    if (kind === "countries") return this.setCountries(rest.map(word));
    if (kind === "log" && count === 5) return place(this.logOperators, ...rest.map(word));
    if (kind === "witness" && count === 5) {
      return place(this.witnessOperators, this.shown(rest[0]), ...rest.slice(1).map(word));
    }
    if (kind === "ended" && count === 6) return this.end(...rest.map(word));
    return refuse("a line that is not known");
  }

  /** A name as text: one that is not UTF-8 is shown octet by octet, and then no other may look so. */
  shown(name) {
    const octet = (c) => `\u27e8${c.charCodeAt(0).toString(16).toUpperCase()}\u27e9`;
    const text = utf8Of(name);
    const shown = text ?? name.replace(/[\x80-\xff]/g, octet);
    if (text === null) this.opaque = true;
    else if (text.includes("\u27e8")) this.marked = true;
    return bytesOf(shown) > MAX_NAME ? refuse("a name that is too long") : shown;
  }

  async log(text) {
    const key = await verifierKey(text);
    const twice = this.logs.some((log) => equal(log.key.bytes, key.bytes));
    if (this.logs.length === MAX_LINES || twice) refuse("too many logs, or a key twice");
    this.logs.push({ key });
  }

  async witness(name, text) {
    const key = await verifierKey(text);
    if (key.type === 1) refuse("a witness's key is of type 4 or 6");
    const twice = this.witnesses.some((witness) => equal(witness.key.bytes, key.bytes));
    if (this.witnesses.length === MAX_LINES || twice) refuse("too many witnesses, or a key twice");
    const witness = { name, key };
    this.name(name, witness);
    this.witnesses.push(witness);
  }

  group(name, threshold, members) {
    if (this.groups.length === MAX_LINES || members.length > MAX_LINES) refuse("too many groups");
    const found = members.map((member) => {
      const known = this.names.get(member) ?? refuse("a member that is not defined before");
      if (this.grouped.has(known)) refuse("a member that is in a group already");
      this.grouped.add(known);
      return known;
    });
    let least = /^[1-9][0-9]{0,8}$/.test(threshold) ? Number(threshold) : 0;
    if (threshold === "any") least = 1;
    if (threshold === "all") least = found.length;
    if (least < 1 || least > found.length) refuse("a threshold from 1 to the number of members expected");
    const group = { threshold: least, members: found };
    this.name(name, group);
    this.groups.push(group);
  }

  setQuorum(name) {
    const quorum =
      name === "none" ? null : (this.names.get(name) ?? refuse("a quorum that is not defined before"));
    if (this.quorum !== undefined) refuse("a second quorum");
    this.quorum = quorum;
  }

  setCountries(countries) {
    const valid = countries.every((c, i) => /^[A-Z]{2}$/.test(c) && (i === 0 || countries[i - 1] < c));
    if (!valid || countries.length === 0) refuse("countries, ordered by code, each once, expected");
    if (this.countries !== undefined) refuse("a second line of countries");
    this.countries = countries;
  }

  /** A log has ended at this size, and another goes on in its place. */
  end(origin, size, root, successor) {
    const last = { size: number(size), root: hash(root) };
    const twice = this.ended.some((e) => e.origin === origin || e.successor === successor);
    if (twice || origin === successor || this.ended.length === MAX_LINES) {
      refuse("a log that ends twice, or goes on for two");
    }
    this.ended.push({ origin, last, successor });
  }

  name(name, member) {
    if (["none", "any", "all"].includes(name) || this.names.has(name)) refuse("a name that is taken");
    this.names.set(name, member);
  }

  finish() {
    if (this.quorum === undefined) refuse("no quorum");
    if (this.opaque && this.marked) refuse("names that are not UTF-8 beside names that look so");
    const everywhere = new Map();
    for (const { country, name } of [...this.logOperators.values(), ...this.witnessOperators.values()]) {
      if ((everywhere.get(name) ?? country) !== country) refuse("an operator in two countries");
      everywhere.set(name, country);
    }
    const origins = new Set(this.logs.map((log) => log.key.name));
    const witnesses = new Set(this.witnesses.map((witness) => witness.name));
    const left =
      [...this.logOperators.keys(), ...this.ended.map((e) => e.origin)].some((origin) => !origins.has(origin)) ||
      [...this.witnessOperators.keys()].some((name) => !witnesses.has(name));
    if (left) refuse("an operator of a log or witness that is not defined");
    if (this.witnesses.some((w) => this.logs.some((log) => equal(log.key.bytes, w.key.bytes)))) {
      refuse("a log's key is a witness's key");
    }
    for (const log of this.logs) log.operator = this.logOperators.get(log.key.name);
    for (const witness of this.witnesses) witness.operator = this.witnessOperators.get(witness.name);
    const nameless = [...this.logs, ...this.witnesses].some((one) => one.operator === undefined);
    if (this.countries !== undefined && nameless) {
      refuse("where countries are named, every log and witness has its operator");
    }
    const { logs, groups, quorum, ended } = this;
    return { logs, witnesses: this.witnesses, groups, quorum, countries: this.countries ?? [], ended };
  }
}

function place(operators, of, country, name) {
  if (!/^[A-Z]{2}$/.test(country)) refuse("country");
  if (operators.has(of)) refuse("a second operator");
  operators.set(of, { country, name });
}

// ---------------------------------------------------------------- judging a checkpoint

/** What is found of one key's lines in a note: absent, valid (with the earliest time), invalid, not-checked. */
async function find(key, signed) {
  const lines = signed.signatures.filter((line) => line.name === key.name && equal(line.hash, key.hash));
  const found = await Promise.all(lines.map((line) => judgeLine(key, signed.text, line.signature)));
  if (found.length === 0) return { state: "absent" };
  const worst = ["invalid", "not-checked"].find((state) => found.some((f) => f.state === state));
  if (worst !== undefined) return { state: worst };
  return { state: "valid", time: found.map((f) => f.time).reduce((a, b) => (a < b ? a : b)) };
}

async function judgeLine(key, text, signature) {
  const as = (verdict, time) => ({
    state: verdict === null ? "not-checked" : verdict ? "valid" : "invalid",
    time,
  });
  if (key.type === 1) return as(await verifiesStrictly(key.bytes, utf8(text), signature), null);
  if (signature.length < 8) return as(false);
  const [time, rest] = [big(signature.slice(0, 8)), signature.slice(8)];
  // Zero is the time of an ML-DSA-44 cosigner that says nothing of when; of the other kind it is no time.
  if (time > MAX_SIZE || (time === 0n && key.type !== 6)) return as(false);
  if (key.type === 6) return as(rest.length === ML_DSA_44_SIGNATURE ? null : false);
  const message = utf8(`cosignature/v1\ntime ${time}\n${text}`);
  return as(await verifiesStrictly(key.bytes, message, rest), time);
}

/** Whether a log that the policy knows signed; one line that does not verify spoils the note. */
async function judgeLog(policy, signed) {
  const logs = policy.logs.filter((log) => log.key.name === signed.origin);
  const found = await Promise.all(logs.map((log) => find(log.key, signed)));
  return ["invalid", "valid", "not-checked"].find((s) => found.some((f) => f.state === s)) ?? "absent";
}

async function standings(policy, signed, now) {
  const logs = policy.logs.filter((log) => log.key.name === signed.origin);
  const own = new Set(logs.map((log) => log.operator?.name).filter((name) => name !== undefined));
  const found = await Promise.all(policy.witnesses.map((witness) => find(witness.key, signed)));
  const counted = new Set();
  return policy.witnesses.map((witness, i) => {
    const { state, time } = found[i];
    const of = { name: witness.name, operator: witness.operator };
    if (state === "absent" || state === "invalid") return { ...of, standing: state };
    if (own.has(witness.operator?.name)) return { ...of, standing: "own-operator" };
    if (state === "not-checked") return { ...of, standing: state };
    if (counted.has(witness.operator?.name)) return { ...of, standing: "counted-already" };
    if (witness.operator !== undefined) counted.add(witness.operator.name);
    const ahead = now !== undefined && Number(time) > now + MAX_AHEAD;
    return { ...of, standing: "counted", time: Number(time), ahead };
  });
}

/** Whether the quorum is reached by the witnesses that `counts` lets count. */
function reached(policy, stands, counts) {
  const holds = new Map(policy.witnesses.map((witness, i) => [witness, counts(stands[i])]));
  for (const group of policy.groups) {
    holds.set(group, group.members.filter((member) => holds.get(member)).length >= group.threshold);
  }
  return policy.quorum === null || holds.get(policy.quorum);
}

async function judge(policy, signed, now) {
  const log = await judgeLog(policy, signed);
  const stands = await standings(policy, signed, now);
  const is = (...words) => (s) => words.includes(s.standing);
  const named = (wanted) => stands.filter(wanted).map((s) => s.name);
  const check = (name, state, about) => ({ name, state, about });
  const logState = { valid: "passed", "not-checked": "not-checked" }[log] ?? "failed";
  const wrong = named(is("invalid"));
  const checks = [
    check("log-signature", logState, [signed.origin]),
    check("cosignatures", wrong.length === 0 ? "passed" : "failed", wrong),
  ];
  for (const country of policy.countries) {
    const there = (words) => named((s) => s.operator?.country === country && is(words)(s));
    const state = ["counted", "not-checked"].find((s) => there(s).length > 0) ?? "absent";
    const word = { counted: "passed", "not-checked": "not-checked", absent: "pending" }[state];
    checks.push(check(`country-${country}`, word, there(state)));
  }
  if (reached(policy, stands, is("counted"))) checks.push(check("quorum", "passed", []));
  else if (reached(policy, stands, is("counted", "not-checked"))) {
    checks.push(check("quorum", "not-checked", named(is("not-checked"))));
  } else checks.push(check("quorum", "pending", named(is("absent"))));
  const witnesses = stands.map(({ operator, ...rest }) => ({ ...rest, country: operator?.country }));
  return { checks, witnesses };
}

// ---------------------------------------------------------------- the door

/** What the checks come to; the worst decides. */
export const outcome = (checks) =>
  ["failed", "pending", "not-checked"].find((state) => checks.some((c) => c.state === state)) ?? "passed";

/**
 * Checks a receipt: the bytes of the file, those of the policy (or its text), and, in seconds since 1970, the time
 * that tells a witness's clock that is ahead. Throws when the policy cannot be read, or when the page has
 * no WebCrypto at all; everything about the receipt itself is in the checks.
 */
export async function verify(bytes, policyBytes, { now } = {}) {
  if (globalThis.crypto?.subtle === undefined) {
    throw new Error("This page cannot check anything: it was not opened over HTTPS, or the browser is too old.");
  }
  const policy = await readPolicy(policyBytes);
  const checks = [];
  const add = (name, state, about = []) => checks.push({ name, state, about });
  const done = (more = {}) => ({ outcome: outcome(checks), checks, ...more });
  const attempt = (name, read) => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      add(name, "failed", [error.message]);
      return null;
    }
  };
  const proof = attempt("form", () => logProof(bytes));
  if (proof === null) return done();
  add("form", "passed");
  const found = attempt("act", () => {
    if (proof.checkpoint.extensions.length > 0) refuse("its checkpoint has extension lines");
    return act(proof.extra ?? refuse("it carries no act"));
  });
  if (found === null) return done();
  add("act", "passed", [`${found.type} v${found.version}`]);
  const included = await includes(proof.checkpoint, proof.index, await leafHash(proof.extra), proof.hashes);
  add("inclusion", included ? "passed" : "failed");
  const judged = await judge(policy, proof.checkpoint, now);
  checks.push(...judged.checks);
  const { origin, size } = proof.checkpoint;
  const ended = policy.ended.find((e) => e.origin === origin);
  return done({
    act: found,
    log: { origin, size: size.toString(), index: proof.index.toString() },
    ended: ended && { size: ended.last.size.toString(), successor: ended.successor },
    witnesses: judged.witnesses,
    ed25519: await hasEd25519(),
  });
}
