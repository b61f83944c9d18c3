// Proves that a node's DID documents are found and read by somebody else: npm web-did-resolver fetches
// them over HTTPS from a node that serves TLS, as the did:web method says, and the keys in them are
// those that the trust list pins and that signed the agreement.
//
//   node resolve.cjs FOLDER-OF-THE-DEMO    (the forwarder must be running, with TLS)
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { Resolver, parse } = require('did-resolver');
const web = require('web-did-resolver');
const { check, kit } = require('../report.cjs');
const stage = require('../stage.cjs');

const folder = process.argv[2];

async function main() {
  kit('web-did-resolver');
  const us = stage.participant(folder, 'forwarder', 'kr');
  for (const name of ['forwarder', 'customs']) {
    const { did, key } = stage.participant(folder, name, name === 'forwarder' ? 'kr' : 'jp');
    const read = parse(key.id);
    check(`did-resolver parses the key id of ${name}`, read !== null && read.did === did && read.fragment === 'k1', JSON.stringify(read));
  }
  const resolver = new Resolver(web.getResolver());
  const { didDocument, didResolutionMetadata } = await resolver.resolve(us.did);
  check('the document of a participant resolves over HTTPS', !didResolutionMetadata.error, JSON.stringify(didResolutionMetadata));
  const document = didDocument ?? {};
  check('it is about the DID that was asked for', document.id === us.did, document.id);
  const contexts = ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'];
  check('its contexts are those of DID Core 1.0 and Multikey', JSON.stringify(document['@context']) === JSON.stringify(contexts), JSON.stringify(document['@context']));
  const [method] = document.verificationMethod ?? [];
  check('its key is a Multikey controlled by the participant', method?.type === 'Multikey' && method.controller === us.did && method.id === us.key.id, JSON.stringify(method));
  const raw = stage.multikey(method?.publicKeyMultibase ?? 'z');
  check('its key is the one that the trust list pins', raw.equals(us.key.raw));
  check('its key signed the agreement', stage.noteSignedBy(fs.readFileSync(path.join(folder, 'agreement-customs.note'), 'utf8'), { ...us.key, ...stage.publicOf(raw) }));
  check('the key may authenticate and assert', document.authentication?.includes(us.key.id) && document.assertionMethod?.includes(us.key.id));
  const service = (document.service ?? []).find((s) => s.type === 'CorridorExchange');
  check('its service says where it is reached', service !== undefined && new URL(service.serviceEndpoint).host === new URL(us.endpoint).host, JSON.stringify(document.service));
  const nobody = await resolver.resolve(us.did.replace(/:[^:]+$/, ':nobody'));
  check('somebody who is not there does not resolve', nobody.didResolutionMetadata.error === 'notFound' && !nobody.didDocument, JSON.stringify(nobody));
}

main().catch((error) => check('the script ran to its end', false, error.stack));
