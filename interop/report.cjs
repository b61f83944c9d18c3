// How the JavaScript here tells what they found: one line of JSON for each check.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Names the package that is the peer, with the version that is installed. */
function kit(name) {
  // Not every package lets its package.json be required.
  const modules = process.env.NODE_PATH;
  const { version } = JSON.parse(fs.readFileSync(path.join(modules, name, 'package.json'), 'utf8'));
  say({ kit: `npm ${name} ${version}` });
}

/** One check; `why` is told when it fails. */
function check(name, ok, why) {
  say(ok ? { check: name, ok: true } : { check: name, ok: false, why: why === undefined ? '' : String(why) });
}

module.exports = { check, kit };
