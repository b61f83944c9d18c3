// Proves that a node takes a delivery that nothing of Corridor has touched: envelope and HTTP
// signature are made by this script and npm http-message-signatures with a listed key, and the
// node's signed answers are verified by that package. Then every way of tampering is tried and must
// be refused by name, and nothing of it may be left in the inbox.
//
//   node delivery.cjs FOLDER-OF-THE-DEMO    (the customs node must be running)
'use strict';

const { generateKeyPairSync } = require('node:crypto');
const { httpbis, createSigner } = require('http-message-signatures');
const { check, kit } = require('../report.cjs');
const stage = require('../stage.cjs');
const {
  FIELDS, PARAMS, acknowledges, contentDigest, envelope, inbox, refused, sample, send, sign, them, unlike, us, uuid7,
} = require('./sender.cjs');

const DELIVERIES = '/exchange/v1/deliveries';
const PIECE = 1 << 20;

/** A request that is not signed yet: the envelope, and the content behind it. */
function delivery(statement, content, secret = us.secret) {
  const note = stage.signedNote('corridor/envelope/v1', statement, secret);
  return {
    method: 'POST',
    url: `${them.endpoint}${DELIVERIES}`,
    headers: { 'content-type': 'application/vnd.corridor.delivery', 'envelope-length': String(note.length) },
    body: Buffer.concat([note, content]),
    fields: [...FIELDS, 'envelope-length'],
  };
}

function piece(id, offset, bytes) {
  return {
    method: 'PATCH',
    url: `${them.endpoint}${DELIVERIES}/${id}?recipient=${them.did.replaceAll('%', '%25')}`,
    headers: { 'content-type': 'application/octet-stream', 'upload-offset': String(offset) },
    body: bytes,
    fields: [...FIELDS, 'upload-offset'],
  };
}

async function accepted() {
  const statement = envelope(sample);
  const first = await sign(delivery(statement, sample));
  const answer = await send(first);
  let why = acknowledges(answer, statement);
  check('a delivery signed by the package is acknowledged', !why, why);
  why = await unlike(first, answer);
  check('the signed answer verifies with the package', !why, why);
  const other = await sign(delivery(statement, sample));
  why = await unlike(other, answer);
  check('the answer does not verify as one to another request', why !== undefined);
  const again = await send(other);
  check('the same document again: the same acknowledgement', again.status === 200 && again.body.equals(answer.body), again.body);
  const conflict = delivery({ ...statement, name: 'other.edi' }, sample);
  await refused('the same identifier, another envelope', await sign(conflict), 'envelope-conflict');

  // A gateway adds a signature of its own (RFC 9421, 4.3): the node passes it by.
  const passed = await sign(delivery(envelope(sample), sample));
  const gateway = generateKeyPairSync('ed25519').privateKey;
  const both = await httpbis.signMessage({
    key: createSigner(gateway, 'ed25519', 'gateway'), name: 'gateway',
    fields: ['@authority', '"signature";key="corridor"'], params: ['created', 'keyid'],
  }, passed);
  const through = await send({ ...passed, headers: both.headers });
  check('a second signature, under another label, is passed by', through.status === 200, through.body);
}

/** A document in pieces: the envelope, then the content from where the node says. */
async function inPieces() {
  const content = Buffer.alloc(PIECE + 12_345, sample);
  const statement = envelope(content, { name: 'large.edi' });
  const promise = await sign(delivery(statement, Buffer.alloc(0)));
  let answer = await send(promise);
  let why = await unlike(promise, answer);
  check('an envelope alone: the node asks for the content, signed', answer.status === 202 && !why, why ?? answer.body);
  let { offset } = JSON.parse(answer.body);
  await refused('a piece from a wrong offset', await sign(piece(statement.id, offset + 7, content.subarray(7, 999))), 'offset-wrong');
  while (answer.status === 202) {
    ({ offset } = JSON.parse(answer.body));
    const request = await sign(piece(statement.id, offset, content.subarray(offset, offset + PIECE)));
    answer = await send(request);
    why = await unlike(request, answer);
    check(`the answer to the piece from byte ${offset} verifies`, !why, why);
  }
  why = acknowledges(answer, statement);
  check('a document sent in pieces is acknowledged', !why, why);
}

async function tampered() {
  const before = await inbox();
  const fresh = () => delivery(envelope(sample), sample);
  const altered = Buffer.from(sample);
  altered[altered.length - 3] ^= 1;
  const stranger = { ...us.secret, secret: generateKeyPairSync('ed25519').privateKey };
  const without = (name) => FIELDS.concat('envelope-length').filter((field) => field !== name);
  const minus = (name) => PARAMS.filter((param) => param !== name);
  const ago = (seconds) => new Date(Date.now() - seconds * 1000);

  let signed = await sign(fresh());
  const flipped = Buffer.from(signed.body);
  flipped[flipped.length - 3] ^= 1;
  await refused('a byte of the content changed', { ...signed, body: flipped }, 'signature-invalid');
  signed = await sign(fresh());
  await refused('the digest changed with the content', { ...signed, body: flipped, headers: { ...signed.headers, 'content-digest': contentDigest(flipped) } }, 'signature-invalid');
  signed = await sign(fresh());
  await refused('sent to another address than was signed', { ...signed, sentTo: `${signed.url}?x=1`, asked: false }, 'signature-invalid');
  signed = await sign(fresh());
  await refused('another content type', { ...signed, headers: { ...signed.headers, 'content-type': 'text/plain' } }, 'signature-invalid');
  signed = await sign(fresh());
  await refused('another envelope length', { ...signed, headers: { ...signed.headers, 'envelope-length': '10' } }, 'signature-invalid');
  await refused('signed by a key that is not the listed one', await sign(fresh(), { secret: stranger }), 'signature-invalid');
  await refused('a key that no list names', await sign(fresh(), { keyid: `${us.did}#k9` }), 'key-unknown');
  await refused('a participant that no list names', await sign(fresh(), { keyid: 'did:web:nobody.example#k1' }), 'participant-unknown');
  await refused('made ten minutes ago', await sign(fresh(), { values: { created: ago(600) } }), 'clock-skew');
  await refused('made in ten minutes', await sign(fresh(), { values: { created: ago(-600) } }), 'clock-skew');
  await refused('expired', await sign(fresh(), { params: [...PARAMS, 'expires'], values: { created: ago(30), expires: ago(10) } }), 'clock-skew');
  for (const name of ['@method', '@target-uri', 'content-digest', 'content-length', 'content-type']) {
    await refused(`${name} not covered`, await sign(fresh(), { fields: without(name) }), 'signature-missing');
  }
  await refused('the envelope length not covered', await sign(fresh(), { fields: without('envelope-length') }), 'malformed');
  for (const name of PARAMS) {
    await refused(`without the parameter ${name}`, await sign(fresh(), { params: minus(name) }), 'malformed');
  }
  await refused('for another purpose', await sign(fresh(), { values: { tag: 'other' } }), 'malformed');
  await refused('naming another algorithm', await sign(fresh(), { values: { alg: 'hmac-sha256' } }), 'malformed');
  await refused('under another label', await sign(fresh(), { label: 'sig1' }), 'signature-missing');
  signed = await sign(fresh());
  const { Signature, ...bare } = signed.headers;
  await refused('without the signature', { ...signed, headers: bare }, 'signature-missing');
  await refused('an envelope signed by another key', await sign(delivery(envelope(sample), sample, stranger)), 'signature-invalid');
  await refused('content that the envelope does not name', await sign(delivery(envelope(sample), altered)), 'content-mismatch');
  await refused('an agreement that was never made', await sign(delivery(envelope(sample, { agreement: uuid7() }), sample)), 'agreement-unknown');
  await refused('a kind the agreement does not allow', await sign(delivery(envelope(sample, { kind: 'fhir.bundle' }), sample)), 'policy-denied');
  await refused('for somebody who is not here', await sign(delivery(envelope(sample, { recipient: 'did:web:elsewhere.example' }), sample)), 'wrong-recipient');
  check('nothing of what was refused is in the inbox', await inbox() === before, `${before} before`);

  signed = await sign(fresh());
  const once = await send(signed);
  check('a request for the replay is accepted once', once.status === 200, once.body);
  await refused('the same request again', signed, 'replayed');
}

async function main() {
  kit('http-message-signatures');
  await accepted();
  await inPieces();
  await tampered();
}

main().catch((error) => check('the script ran to its end', false, error.stack));
