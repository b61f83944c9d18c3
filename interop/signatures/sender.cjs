// A sender of its own, as the scripts here share it: envelopes and requests that nothing of Corridor has touched, made
// with npm http-message-signatures and a listed key, and the node's signed answers held against that package.
'use strict';

const { createHash, randomBytes } = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { httpbis, createSigner, createVerifier } = require('http-message-signatures');
const { check } = require('../report.cjs');
const stage = require('../stage.cjs');

const PARAMS = ['created', 'nonce', 'keyid', 'alg', 'tag'];
const FIELDS = ['@method', '@target-uri', 'content-digest', 'content-length', 'content-type'];

const folder = process.argv[2];
const us = { ...stage.participant(folder, 'forwarder', 'kr'), secret: stage.secretKey(folder, 'forwarder') };
const them = stage.participant(folder, 'customs', 'jp');
const agreement = stage.agreement(folder).id;
const sample = fs.readFileSync(path.join(folder, 'cuscar.edi'));

const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const contentDigest = (bytes) => `sha-256=:${sha256(bytes).toString('base64')}:`;

/** A UUID of version 7 (RFC 9562, 5.7). */
function uuid7() {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function envelope(content, change = {}) {
  return {
    id: uuid7(), kind: 'edifact', sender: us.did, recipient: them.did, agreement,
    time: new Date().toISOString(), size: content.length, sha256: sha256(content).toString('hex'), name: 'cuscar.edi',
    ...change,
  };
}

/** Signs with the package; `how` sets what a test wants otherwise. */
async function sign(request, how = {}) {
  const headers = {
    ...request.headers, 'content-digest': contentDigest(request.body), 'content-length': String(request.body.length),
  };
  const signed = await httpbis.signMessage({
    key: createSigner((how.secret ?? us.secret).secret, 'ed25519', how.keyid ?? us.secret.id),
    name: how.label ?? 'corridor',
    fields: how.fields ?? request.fields,
    params: how.params ?? PARAMS,
    paramValues: { created: new Date(), nonce: randomBytes(16).toString('base64url'), tag: 'corridor', ...how.values },
  }, { method: request.method, url: request.url, headers });
  return { ...request, headers: signed.headers };
}

function send(request) {
  return new Promise((resolve, reject) => {
    const options = { method: request.method, headers: request.headers, timeout: 20_000 };
    const call = http.request(request.sentTo ?? request.url, options, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }));
    });
    call.on('timeout', () => call.destroy(new Error('no answer within 20 s')));
    call.on('error', reject);
    call.end(request.body);
  });
}

/** Why this is not the partner's own answer to this very request; nothing when it is. */
async function unlike(request, answer) {
  const input = answer.headers['signature-input'] ?? '';
  for (const part of ['"@status"', '"content-digest"', '"@method";req', '"@target-uri";req', '"signature";req;key="corridor"']) {
    if (!input.includes(part)) return `the answer's signature does not cover ${part}: ${input}`;
  }
  if (answer.headers['content-digest'] !== contentDigest(answer.body)) return 'its content-digest is not that of its content';
  const key = { id: them.key.id, algs: ['ed25519'], verify: createVerifier(them.key.public, 'ed25519') };
  const config = { keyLookup: async ({ keyid }) => (keyid === key.id ? key : null), all: true, maxAge: 60, tolerance: 5 };
  const asked = { method: request.method, url: request.url, headers: request.headers };
  try {
    const holds = await httpbis.verifyMessage(config, { status: answer.status, headers: answer.headers }, asked);
    return holds === true ? undefined : 'the signature of the answer does not hold';
  } catch (error) {
    return error.message;
  }
}

function acknowledges(answer, statement) {
  const note = answer.body.toString();
  if (answer.status !== 200 || !note.startsWith('corridor/acknowledgement/v1\n')) return `${answer.status} ${note}`;
  const said = stage.body(note);
  if (said.envelope !== statement.id || said.sha256 !== statement.sha256) return 'it acknowledges something else';
  return stage.noteSignedBy(note, them.key) ? undefined : 'the acknowledgement is not signed by the recipient';
}

async function inbox() {
  const answer = await send({
    method: 'GET', url: `${them.api}/api/v1/inbox?limit=1000`, body: '',
    headers: { authorization: `Bearer ${stage.token(folder, 'customs')}` },
  });
  return JSON.parse(answer.body).items.length;
}

/** One tampered request: the code it must be refused with. A signed refusal must verify too. */
async function refused(what, request, code) {
  const answer = await send(request);
  const said = answer.body.toString();
  let problem = {};
  try { problem = JSON.parse(said); } catch { /* said is told below */ }
  check(`refused with ${code}: ${what}`, answer.status >= 400 && problem.code === code, `${answer.status} ${said}`);
  if (answer.headers['signature-input'] && request.asked !== false) {
    const why = await unlike(request, answer);
    check(`the refusal is signed: ${what}`, !why, why);
  }
}

module.exports = {
  FIELDS, PARAMS, acknowledges, agreement, contentDigest, envelope, inbox, refused, sample, send, sign, them, unlike, us, uuid7,
};
