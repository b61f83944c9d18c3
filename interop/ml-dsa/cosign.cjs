// Proves that cosignatures with ML-DSA-44 (FIPS 204; C2SP tlog-cosignature, type 6) mean the same to somebody
// else: npm @noble/post-quantum checks what a node's witness signs, and `corridor verify` judges what noble
// signs. The log that is cosigned, its checkpoint and the message are made here, without any code of Corridor's.
//
//   node cosign.cjs key PREFIX      makes the log's key: PREFIX.pem and PREFIX.vkey, which the node must accept
//   node cosign.cjs check PREFIX CORRIDOR CONFIG WITNESS-URL
'use strict';

const { execFileSync, spawnSync } = require('node:child_process');
const { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { check, kit } = require('../report.cjs');

const [verb, prefix, corridor, config, witness] = process.argv.slice(2);
const ORIGIN = 'peer.example/log';
const ENTRY = Buffer.from('the only entry');

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const keyHash = (name, typed) => sha256(`${name}\n`, typed).subarray(0, 4);
const signature = (name, hash, bytes) => `\u2014 ${name} ${Buffer.concat([hash, bytes]).toString('base64')}\n`;
const number = (n) => { const bytes = Buffer.alloc(8); bytes.writeBigUInt64BE(BigInt(n)); return bytes; };
const text = (t) => Buffer.concat([Buffer.from([Buffer.byteLength(t)]), Buffer.from(t)]);

/** A verifier key of C2SP signed-note, taken apart; what comes last may hold plus signs itself. */
function parts(vkey) {
  const [, name, hash, key] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey);
  const typed = Buffer.from(key, 'base64');
  return { name, hash: Buffer.from(hash, 'hex'), typed, type: typed[0], key: typed.subarray(1) };
}

/** What an ML-DSA-44 cosigner signs of a checkpoint. */
function message(name, time, root) {
  return Buffer.concat([Buffer.from('subtree/v1\n\0'), text(name), number(time), text(ORIGIN), number(0), number(1), root]);
}

/** Asks our witness for its lines. */
async function lines(checkpoint) {
  const response = await fetch(`${witness}/add-checkpoint`, { method: 'POST', body: `old 0\n\n${checkpoint}` });
  const body = await response.text();
  check('the witness cosigns the checkpoint of a log that it accepts', response.status === 200, `${response.status} ${body}`);
  return body.split('\n').filter((line) => line.startsWith('\u2014 '));
}

/** The exit code of `corridor verify` over this note under a policy of this one witness. */
function judged(note, logKey, witnessKey) {
  const [file, policy] = [`${prefix}.note`, `${prefix}.policy`];
  fs.writeFileSync(file, note);
  fs.writeFileSync(policy, `log ${logKey}\nwitness peer ${witnessKey}\nquorum peer\n`);
  return spawnSync(corridor, ['verify', file, '--policy', policy], { encoding: 'utf8' });
}

/** The key of the log. */
function keys() {
  const { privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x, 'base64url');
  const typed = Buffer.concat([Buffer.from([1]), raw]);
  fs.writeFileSync(`${prefix}.pem`, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  fs.writeFileSync(`${prefix}.vkey`, `${ORIGIN}+${keyHash(ORIGIN, typed).toString('hex')}+${typed.toString('base64')}`);
}

async function main() {
  if (verb === 'key') return keys();
  kit('@noble/post-quantum');
  const { ml_dsa44: mlDsa } = await import(pathToFileURL(path.join(process.env.NODE_PATH, '@noble/post-quantum/ml-dsa.js')));
  const logKey = fs.readFileSync(`${prefix}.vkey`, 'utf8').trim();
  const secret = createPrivateKey(fs.readFileSync(`${prefix}.pem`));
  const root = sha256(Buffer.from([0]), ENTRY);
  const tree = `${ORIGIN}\n1\n${root.toString('base64')}\n`;
  const checkpoint = `${tree}\n${signature(ORIGIN, parts(logKey).hash, sign(null, Buffer.from(tree), secret))}`;

  const log = JSON.parse(execFileSync(corridor, ['--config', config, '--json', 'log', 'checkpoint'], { encoding: 'utf8' }));
  const ours = log.cosigners.map((vkey) => ({ vkey, ...parts(vkey) })).find((key) => key.type === 6);
  check('the node tells a verifier key of type 6', ours !== undefined && ours.key.length === 1312, JSON.stringify(log.cosigners));
  check('its hash is that of C2SP signed-note', ours.hash.equals(keyHash(ours.name, ours.typed)));

  const found = (await lines(checkpoint)).map((line) => line.split(' '));
  const payloads = found.filter(([, name]) => name === ours.name).map(([, , payload]) => Buffer.from(payload, 'base64'));
  const payload = payloads.find((bytes) => bytes.subarray(0, 4).equals(ours.hash));
  check('beside Ed25519 there is a line of that key', payloads.length === 2 && payload?.length === 4 + 8 + 2420, found.join('\n'));
  const [time, made] = [payload.readBigUInt64BE(4), new Uint8Array(payload.subarray(12))];
  const verifies = (bytes, msg) => mlDsa.verify(bytes, new Uint8Array(msg), new Uint8Array(ours.key));
  check('noble verifies our cosignature', verifies(made, message(ours.name, time, root)));
  check('and of another time it does not', !verifies(made, message(ours.name, time + 1n, root)));
  check('nor of another root', !verifies(made, message(ours.name, time, sha256('another'))));
  check('nor under another name', !verifies(made, message(`${ours.name}x`, time, root)));
  const flipped = made.slice();
  flipped[100] ^= 1;
  check('nor with one bit of it changed', !verifies(flipped, message(ours.name, time, root)));

  const name = 'noble.example/witness';
  const { publicKey, secretKey } = mlDsa.keygen();
  const typed = Buffer.concat([Buffer.from([6]), publicKey]);
  const theirs = `${name}+${keyHash(name, typed).toString('hex')}+${typed.toString('base64')}`;
  const now = BigInt(Math.floor(Date.now() / 1000));
  const line = (bytes) => signature(name, keyHash(name, typed), Buffer.concat([number(now), bytes]));
  const good = mlDsa.sign(new Uint8Array(message(name, now, root)), secretKey);
  const judge = (what, bytes, code) => {
    const said = judged(checkpoint + line(bytes), logKey, theirs);
    check(what, said.status === code, `${said.status}\n${said.stdout}${said.stderr}`);
  };
  judge('corridor verify accepts a cosignature of noble', Buffer.from(good), 0);
  judge('and one that noble randomised otherwise', Buffer.from(mlDsa.sign(new Uint8Array(message(name, now, root)), secretKey, { extraEntropy: false })), 0);
  const wrong = Buffer.from(good);
  wrong[2000] ^= 1;
  judge('it refuses one with a bit changed', wrong, 6);
  judge('it refuses one of another root', Buffer.from(mlDsa.sign(new Uint8Array(message(name, now, sha256('another'))), secretKey)), 6);
  judge('it refuses one with a context (FIPS 204, 5.2), which C2SP leaves empty', Buffer.from(mlDsa.sign(new Uint8Array(message(name, now, root)), secretKey, { context: new Uint8Array([1]) })), 6);
}

main().catch((error) => check('the script ran to its end', false, error.stack));
