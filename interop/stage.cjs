// The demo's directory as a peer sees it: who takes part, under which agreement, with which keys.
'use strict';

const { createHash, createPrivateKey, createPublicKey, sign, verify } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** The 32 bytes of a Multikey `z6Mk…` (multibase base58btc, multicodec 0xed01). */
function multikey(text) {
  let number = 0n;
  for (const digit of text.slice(1)) {
    if (!BASE58.includes(digit)) throw new Error(`no base58: ${text}`);
    number = number * 58n + BigInt(BASE58.indexOf(digit));
  }
  const bytes = Buffer.from(number.toString(16).padStart(68, '0'), 'hex');
  if (text[0] !== 'z' || bytes.length !== 34 || bytes[0] !== 0xed || bytes[1] !== 0x01) {
    throw new Error(`no Ed25519 Multikey: ${text}`);
  }
  return bytes.subarray(2);
}

function publicKey(raw) {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' });
}

function privateKey(seed) {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

/** The JSON object of a signed note whose first line is its type. */
function body(note) {
  const text = note.slice(0, note.lastIndexOf('\n\n') + 1);
  return JSON.parse(text.slice(text.indexOf('\n')));
}

/** The key hash of C2SP signed-note. */
function keyHash(name, raw) {
  return createHash('sha256').update(`${name}\n`).update(Buffer.from([1])).update(raw).digest().subarray(0, 4);
}

/** A statement as a signed note (C2SP signed-note), made without any code of Corridor's. */
function signedNote(type, statement, key) {
  const text = `${type}\n${JSON.stringify(statement)}\n`;
  const payload = Buffer.concat([keyHash(key.id, key.raw), sign(null, Buffer.from(text), key.secret)]);
  return Buffer.from(`${text}\n\u2014 ${key.id} ${payload.toString('base64')}\n`);
}

/** Whether a note carries a good signature of this key. */
function noteSignedBy(note, key) {
  const end = note.lastIndexOf('\n\n') + 1;
  const lines = note.slice(end + 1).split('\n').filter((line) => line.startsWith(`\u2014 ${key.id} `));
  return lines.some((line) => {
    const payload = Buffer.from(line.split(' ')[2], 'base64');
    return payload.subarray(0, 4).equals(keyHash(key.id, key.raw))
      && verify(null, Buffer.from(note.slice(0, end)), key.public, payload.subarray(4));
  });
}

/** One institution of the demo, as the newest trust list of its country shows it. */
function participant(folder, name, country) {
  const lists = path.join(folder, `anchor-${country}`, 'lists');
  const newest = fs.readdirSync(lists).sort().pop();
  const listed = body(fs.readFileSync(path.join(lists, newest), 'utf8')).participants.find((p) => p.did.endsWith(`:${name}`));
  const { id, key } = listed.keys[listed.keys.length - 1];
  const raw = multikey(key);
  const config = fs.readFileSync(path.join(folder, `${name}.toml`), 'utf8');
  const api = /\[api\][^[]*?\nlisten = "([^"]+)"/.exec(config)[1];
  return { did: listed.did, endpoint: listed.endpoint, api: `http://${api}`, key: { id, raw, public: publicKey(raw) } };
}

/** The newest secret key of an institution, from its key file. */
function secretKey(folder, name) {
  const keys = path.join(folder, name, 'keys');
  // A node may host others too, each with a folder of its own.
  const own = path.join(keys, fs.readdirSync(keys).find((entry) => entry.startsWith(`${name}-`)));
  const file = JSON.parse(fs.readFileSync(path.join(own, fs.readdirSync(own).filter((f) => f.endsWith('.key')).sort().pop()), 'utf8'));
  return { id: file.name, raw: multikey(file.public), secret: privateKey(Buffer.from(file.seed, 'base64')) };
}

function token(folder, name) {
  return fs.readFileSync(path.join(folder, name, 'admin.token'), 'utf8').trim();
}

function agreement(folder) {
  return body(fs.readFileSync(path.join(folder, 'agreement-customs.note'), 'utf8'));
}

function publicOf(raw) {
  return { raw, public: publicKey(raw) };
}

module.exports = { agreement, body, multikey, noteSignedBy, participant, publicOf, secretKey, signedNote, token };
