// A provider of OpenID Connect that is somebody else's: npm oidc-provider, as a node's single sign-on meets it. Signing in
// there takes a name and any password. By itself, for a browser, it runs until its standard input closes:
//
//   node provider.cjs PORT HOME-OF-THE-CONSOLE
'use strict';

const { generateKeyPairSync } = require('node:crypto');
const { createServer } = require('node:http');

// It warns on standard output, where other lines belong.
const say = console.log;
console.info = console.warn = console.log = () => {};

function key(kid, type, options) {
  const jwk = generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' });
  return { ...jwk, kid, use: 'sig' };
}

/** Runs it for the node whose console is at `home`; the server, and what could not be told to the node. */
async function start({ issuer, home, algorithm, authentication, people }) {
  const { Provider } = require('oidc-provider');
  const client = {
    client_id: 'corridor',
    token_endpoint_auth_method: authentication,
    id_token_signed_response_alg: algorithm,
    redirect_uris: [`${home}/console/sign-on/back`],
    post_logout_redirect_uris: [`${home}/console/signed-out`],
    backchannel_logout_uri: `${home}/console/sign-on/logout`,
    backchannel_logout_session_required: true,
    ...(authentication === 'none' ? {} : { client_secret: 'a secret: of/the test %' }),
  };
  const made = new Provider(issuer, {
    clients: [client],
    clientAuthMethods: [authentication],
    jwks: {
      keys: [
        key('rsa', 'rsa', { modulusLength: 2048 }),
        key('ec', 'ec', { namedCurve: 'P-256' }),
        key('ed', 'ed25519', {}),
      ],
    },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA', 'Ed25519'] },
    cookies: { keys: ['of the test'] },
    scopes: ['openid', 'profile', 'groups'],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], groups: ['groups'] },
    features: {
      devInteractions: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      backchannelLogout: { enabled: true },
    },
    pkce: { required: () => true },
    // It tells nobody on loopback that somebody signed out, unless asked to; there the node of a test is.
    fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  });
  const complaints = [];
  made.on('backchannel.error', (_, error) => complaints.push(`the node was not told: ${error.message} ${error.cause ?? ""}`));
  made.on('server_error', (_, error) => complaints.push(error.stack));
  const server = createServer(made.callback());
  await new Promise((ready) => server.listen(Number(new URL(issuer).port), '127.0.0.1', ready));
  return Object.assign(server, { complaints });
}

module.exports = { start };

if (require.main === module) {
  const [port, home] = process.argv.slice(2);
  const people = { 'u-1': { name: '김민지', preferred_username: 'kim.minji', groups: ['officers'] } };
  const way = { issuer: `http://127.0.0.1:${port}`, home, algorithm: 'ES256', authentication: 'none', people };
  start(way).then((server) => {
    say('ready');
    process.stdin.resume().on('end', () => {
      for (const complaint of server.complaints) process.stderr.write(`${complaint}\n`);
      process.exit(0);
    });
  });
}
