// Proves that a node takes many small documents in one request that nothing of Corridor has touched, as the wire's
// documentation (ground/exchange/src/wire.rs) says: each is judged and answered for itself, in their order, and what is
// wrong with one stops no other; a request that breaks off, or holds too much, leaves nothing.
//
//   node together.cjs FOLDER-OF-THE-DEMO    (the customs node must be running)
'use strict';

const { generateKeyPairSync } = require('node:crypto');
const { check, kit } = require('../report.cjs');
const stage = require('../stage.cjs');
const { FIELDS, acknowledges, envelope, inbox, refused, sample, send, sign, them, unlike, us, uuid7 } = require('./sender.cjs');

const MOST = 64;
const LARGEST = 1 << 20;

/** A document with its envelope: the lengths of both in four bytes each, the highest first, then the two. */
function passenger(statement, content, secret = us.secret) {
  return framed(stage.signedNote('corridor/envelope/v1', statement, secret), content);
}

function framed(note, content) {
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(note.length, 0);
  lengths.writeUInt32BE(content.length, 4);
  return Buffer.concat([lengths, note, content]);
}

function together(body, recipient = them.did) {
  const query = recipient === null ? '' : `?recipient=${recipient.replaceAll('%', '%25')}`;
  return {
    method: 'POST',
    url: `${them.endpoint}/exchange/v1/together${query}`,
    headers: { 'content-type': 'application/vnd.corridor.deliveries' },
    body,
    fields: FIELDS,
  };
}

/** What became of each document of a request; the answer itself must verify with the package. */
async function answered(what, all) {
  const request = await sign(together(Buffer.concat(all)));
  const answer = await send(request);
  const why = await unlike(request, answer);
  check(`${what}: the signed answer verifies with the package`, answer.status === 200 && !why, why ?? answer.body);
  const items = answer.status === 200 ? JSON.parse(answer.body).items : [];
  check(`${what}: one answer for each`, items.length === all.length, answer.body);
  return items;
}

/** Whether one was taken, or refused with this code. */
function became(what, item, statement, code) {
  if (code === undefined) {
    const why = acknowledges({ status: 200, body: Buffer.from(item?.acknowledged ?? '') }, statement);
    return check(`${what}: acknowledged`, !why, why ?? JSON.stringify(item));
  }
  return check(`${what}: refused with ${code}`, item?.refused?.code === code && !item.acknowledged, JSON.stringify(item));
}

/** How many more documents the inbox holds after this. */
async function arrived(what, expect, work) {
  const before = await inbox();
  await work();
  const after = await inbox();
  check(`${what}: ${expect} more in the inbox`, after - before === expect, `${before} before, ${after} after`);
}

const fresh = (change) => envelope(sample, change);

async function right() {
  const statements = [fresh(), fresh(), fresh()];
  const all = statements.map((statement) => passenger(statement, sample));
  let first;
  await arrived('three documents, the same again, and one of them twice', 4, async () => {
    first = await answered('three documents', all);
    statements.forEach((statement, at) => became(`document ${at + 1} of three`, first[at], statement));
    const again = await answered('the same three again', all);
    check('the same three again: the same acknowledgements', JSON.stringify(again) === JSON.stringify(first), JSON.stringify(again));
    const once = fresh();
    const twice = await answered('one document twice in a request', [passenger(once, sample), passenger(once, sample)]);
    became('the first of the two', twice[0], once);
    check('the second of the two: the same acknowledgement', twice[1]?.acknowledged === twice[0]?.acknowledged, JSON.stringify(twice[1]));
  });
  await arrived(`${MOST} documents`, MOST, async () => {
    const many = Array.from({ length: MOST }, () => fresh());
    const items = await answered(`${MOST} documents`, many.map((statement) => passenger(statement, sample)));
    const wrong = many.findIndex((statement, at) => acknowledges({ status: 200, body: Buffer.from(items[at]?.acknowledged ?? '') }, statement));
    check(`${MOST} documents: each acknowledged in its place`, wrong === -1, JSON.stringify(items[wrong]));
  });
}

/** One after the other, right and wrong: each gets its own answer. */
async function halfWrong() {
  const stranger = { ...us.secret, secret: generateKeyPairSync('ed25519').privateKey };
  const altered = Buffer.from(sample);
  altered[altered.length - 3] ^= 1;
  const known = fresh();
  await answered('a document that is known from then on', [passenger(known, sample)]);
  const first = fresh();
  const last = fresh();
  const cases = [
    ['the first of many, right', first, passenger(first, sample)],
    ['content that the envelope does not name', null, passenger(fresh(), altered), 'content-mismatch'],
    ['content that is not whole', null, passenger(fresh(), sample.subarray(0, 10)), 'content-mismatch'],
    ['no content', null, passenger(fresh(), Buffer.alloc(0)), 'content-mismatch'],
    ['an agreement that was never made', null, passenger(fresh({ agreement: uuid7() }), sample), 'agreement-unknown'],
    ['a kind that the agreement does not allow', null, passenger(fresh({ kind: 'fhir.bundle' }), sample), 'policy-denied'],
    ['an envelope signed by another key', null, passenger(fresh(), sample, stranger), 'signature-invalid'],
    ['an envelope of somebody else', null, passenger(fresh({ sender: them.did, recipient: us.did }), sample), 'forbidden'],
    ['for somebody who is not here', null, passenger(fresh({ recipient: 'did:web:elsewhere.example' }), sample), 'wrong-recipient'],
    ['an identifier that is known, another envelope', null, passenger({ ...known, name: 'other.edi' }, sample), 'envelope-conflict'],
    ['no envelope', null, framed(Buffer.from('nothing of the kind\n'), sample), 'malformed'],
    ['nothing at all', null, framed(Buffer.alloc(0), Buffer.alloc(0)), 'malformed'],
    ['the last of many, right', last, passenger(last, sample)],
  ];
  await arrived('right and wrong together', 2, async () => {
    const items = await answered('right and wrong together', cases.map(([, , bytes]) => bytes));
    cases.forEach(([what, statement, , code], at) => became(what, items[at], statement, code));
  });
}

/** Requests that are refused as a whole. */
async function broken() {
  const one = () => passenger(fresh(), sample);
  const cut = (body, length) => body.subarray(0, length);
  const promising = (at, length) => {
    const bytes = one();
    bytes.writeUInt32BE(length, at);
    return bytes;
  };
  const whole = async (what, body, code, recipient) => refused(what, await sign(together(body, recipient)), code);
  await arrived('requests that are refused as a whole', 0, async () => {
    await whole('no document', Buffer.alloc(0), 'malformed');
    await whole('half a length after a right document', Buffer.concat([one(), Buffer.alloc(6)]), 'malformed');
    await whole('the second document breaks off', cut(Buffer.concat([one(), one()]), 2 * one().length - 5), 'malformed');
    await whole('an envelope longer than the request', promising(0, 0xffffffff), 'malformed');
    await whole('a content longer than the request', promising(4, 0xffffffff), 'malformed');
    await whole(`${MOST + 1} documents`, Buffer.concat(Array.from({ length: MOST + 1 }, one)), 'malformed');
    await whole('more than 1 MiB', Buffer.concat([one(), passenger(fresh(), Buffer.alloc(LARGEST))]), 'too-large');
    await whole('for nobody', one(), 'malformed', null);
    await whole('for somebody who is not here', one(), 'wrong-recipient', 'did:web:elsewhere.example');
    const signed = await sign(together(one()));
    const flipped = Buffer.from(signed.body);
    flipped[flipped.length - 3] ^= 1;
    await refused('a byte of the request changed', { ...signed, body: flipped }, 'signature-invalid');
    await refused('without the digest of its content', await sign(together(one()), { fields: FIELDS.filter((f) => f !== 'content-digest') }), 'signature-missing');
  });
  await arrived('a request that is played again', 1, async () => {
    const request = await sign(together(one()));
    const answer = await send(request);
    check('a request for the replay is accepted once', answer.status === 200, answer.body);
    await refused('the same request again', request, 'replayed');
  });
}

async function main() {
  kit('http-message-signatures');
  await right();
  await halfWrong();
  await broken();
}

main().catch((error) => check('the script ran to its end', false, error.stack));
