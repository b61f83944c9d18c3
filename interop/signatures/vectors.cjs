// Proves that this kit reads RFC 9421 as its authors do: the signatures of the RFC that are made with
// Ed25519 (B.2.6 and B.5), with the messages that must and must not verify. What the kit then says
// about a node's messages is worth something.
'use strict';

const { createPrivateKey, createPublicKey } = require('node:crypto');
const { httpbis, createSigner, createVerifier } = require('http-message-signatures');
const { check, kit } = require('../report.cjs');

// test-key-ed25519, RFC 9421, B.1.4: public by intent.
const KEY = createPrivateKey({
  key: Buffer.from('MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF', 'base64'),
  format: 'der',
  type: 'pkcs8',
});
const B26 = 'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==';
const B5 = 'ZT1kooQsEHpZ0I1IjCqtQppOmIqlJPeo7DHR3SoMn0s5JZ1eRGS0A+vyYP9t/LXlh5QMFFQ6cpLt2m0pmj3NDA==';

const post = {
  method: 'POST',
  url: 'https://example.com/foo?param=Value&Pet=dog',
  headers: {
    host: 'example.com',
    date: 'Tue, 20 Apr 2021 02:07:55 GMT',
    'content-type': 'application/json',
    'content-length': '18',
  },
};
const get = {
  method: 'GET',
  url: 'https://example.org/demo?name1=Value1&Name2=value2',
  headers: { host: 'example.org', date: 'Fri, 15 Jul 2022 14:24:55 GMT', accept: ['application/json', '*/*'] },
};
const transformed = {
  'Signature-Input':
    'transform=("@method" "@path" "@authority" "accept");created=1618884473;keyid="test-key-ed25519"',
  Signature: `transform=:${B5}:`,
};

function verify(message) {
  const key = { id: 'test-key-ed25519', algs: ['ed25519'], verify: createVerifier(createPublicKey(KEY), 'ed25519') };
  return httpbis.verifyMessage({ keyLookup: async () => key, all: true }, message).catch(() => false);
}

function sign(message, name, fields) {
  const created = new Date(1618884473 * 1000);
  return httpbis.signMessage({
    key: createSigner(KEY, 'ed25519', 'test-key-ed25519'), name, fields,
    params: ['created', 'keyid'], paramValues: { created },
  }, message);
}

/** The messages of B.5: what an intermediary did to the request, and whether the signature survives it. */
const TRANSFORMED = [
  ['as it was signed', true, {}],
  ['a query parameter and a field added', true, { url: `${get.url}&param=added`, headers: { ...get.headers, 'accept-language': 'en-US,en;q=0.5' } }],
  ['a field removed, lines joined', true, { headers: { host: 'example.org', referer: 'https://developer.example.org/demo', accept: 'application/json, */*' } }],
  ['fields in another order', true, { headers: { accept: ['application/json', '*/*'], date: get.headers.date, host: 'example.org' } }],
  ['another method and authority', false, { method: 'POST', url: 'https://example.com/demo?name1=Value1&Name2=value2' }],
  ['values of accept exchanged', false, { headers: { ...get.headers, accept: ['*/*', 'application/json'] } }],
];

async function main() {
  kit('http-message-signatures');
  const fields = ['date', '@method', '@path', '@authority', 'content-type', 'content-length'];
  const signed = await sign(post, 'sig-b26', fields);
  check('B.2.6 is made, byte for byte', signed.headers.Signature === `sig-b26=:${B26}:`, signed.headers.Signature);
  check('B.2.6 verifies', await verify(signed) === true);
  const remade = await sign(get, 'transform', ['@method', '@path', '@authority', 'accept']);
  check('B.5 is made, byte for byte', remade.headers.Signature === transformed.Signature, remade.headers.Signature);
  for (const [what, holds, change] of TRANSFORMED) {
    const message = { ...get, ...change };
    message.headers = { ...message.headers, ...transformed };
    check(`B.5 ${holds ? 'verifies' : 'does not verify'}: ${what}`, await verify(message) === holds);
  }
}

main();
