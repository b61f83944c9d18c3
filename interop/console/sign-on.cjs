// Proves that people come in by a provider of somebody else's: npm oidc-provider runs here, a node is configured
// to use it, and a browser without scripts goes from the node's button through the provider's forms and back, and
// out again. What must not work is tried as well.
//
//   node sign-on.cjs FOLDER-OF-THE-DEMO PORT ALGORITHM CLIENT-AUTHENTICATION    (customs must be running)
'use strict';

const provider = require('./provider.cjs');
const { check, kit } = require('../report.cjs');
const stage = require('../stage.cjs');

const [folder, port, algorithm, authentication] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const api = stage.participant(folder, 'customs', 'jp').api;
const home = api.replace('127.0.0.1', 'localhost');
const headers = { authorization: `Bearer ${stage.token(folder, 'customs')}` };
const named = (name) => `${name} (${algorithm}, ${authentication})`;

/** Who there is at the provider. */
const people = {
  'u-1': { name: '김민지', preferred_username: `kim.${algorithm.toLowerCase()}`, groups: ['officers'] },
  'u-2': { name: '佐藤 花', preferred_username: `sato.${algorithm.toLowerCase()}`, groups: ['strangers'] },
};

/** A browser without scripts: cookies by host, redirects one at a time, forms as they stand. */
class Browser {
  constructor() {
    this.jars = new Map();
    this.seen = [];
  }

  async ask(address, form) {
    const url = new URL(address, this.url);
    const jar = this.jars.get(url.hostname) ?? new Map();
    this.jars.set(url.hostname, jar);
    const said = {
      accept: 'text/html',
      'accept-language': 'en',
      'sec-fetch-site': 'same-origin',
      cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
    };
    const body = form && new URLSearchParams(form).toString();
    if (form) said['content-type'] = 'application/x-www-form-urlencoded';
    const answer = await fetch(url, { method: form ? 'POST' : 'GET', headers: said, body, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) {
      const [pair, ...rest] = line.split(';');
      const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
      const gone = rest.some((part) => /^\s*(max-age=0|expires=thu, 01 jan 1970)/i.test(part));
      if (gone || value === '') jar.delete(name);
      else jar.set(name, value);
    }
    [this.url, this.status, this.page] = [url, answer.status, await answer.text()];
    this.seen.push(url);
    return answer.headers.get('location');
  }

  /** Goes on until something other than a redirect answers, or the next step would be the node's way back. */
  async go(address, form, stop = () => false) {
    let next = await this.ask(address, form);
    for (let steps = 0; next !== null && steps < 20; steps += 1) {
      const to = new URL(next, this.url);
      if (stop(to)) return to;
      next = await this.ask(to.href);
    }
    return this.url;
  }

  /** The address and the fields of the first form of the page. */
  form(more = {}) {
    const [whole, head] = /<form([^>]*)>[\s\S]*?<\/form>/.exec(this.page) ?? ['', ''];
    const fields = {};
    for (const [input] of whole.matchAll(/<input[^>]*>/g)) {
      const of = (name) => new RegExp(`${name}="([^"]*)"`).exec(input)?.[1];
      if (of('name') !== undefined) fields[of('name')] = of('value') ?? '';
    }
    return [/action="([^"]*)"/.exec(head)?.[1] ?? this.url.href, { ...fields, ...more }];
  }

  link(start) {
    const links = [...this.page.matchAll(/<a[^>]*href="([^"]*)"/g)].map(([, href]) => href.replaceAll('&#38;', '&').replaceAll('&amp;', '&'));
    return links.find((href) => href.startsWith(start));
  }
}

const isBack = (url) => url.pathname === '/console/sign-on/back';

/** From the node's button to the way back, through the provider's forms where it shows them. */
async function way(browser, who, next = '/console/inbox') {
  await browser.go(`${home}/console/sign-in?next=${encodeURIComponent(next)}`);
  // Who is in already is shown no button.
  const button = browser.link('/console/sign-on') ?? `${home}/console/sign-on`;
  let at = await browser.go(button, undefined, isBack);
  let forms = 0;
  for (; !isBack(at) && forms < 5; forms += 1) {
    at = await browser.go(...browser.form({ login: who, password: 'any' }), isBack);
  }
  return { back: at, forms };
}

async function ask(place) {
  return (await fetch(`${api}/api/v1/${place}`, { headers })).json();
}

const failed = (browser, code) => browser.page.includes(`/console/help/errors/${code}"`);

async function main() {
  kit('oidc-provider');
  const server = await provider.start({ issuer, home, algorithm, authentication, people });
  const found = (await ask('doctor')).items.find((finding) => finding.check === 'sign-on');
  check(named('the doctor finds the provider in order'), found?.status === 'good' && found.about === issuer, JSON.stringify(found));

  const browser = new Browser();
  const { back, forms } = await way(browser, 'u-1');
  const asked = browser.seen.find((url) => url.origin === issuer)?.searchParams ?? new URLSearchParams();
  check(named('the node asks for a code, with PKCE S256, state and nonce'), asked.get('response_type') === 'code'
    && asked.get('code_challenge_method') === 'S256' && /^[\w-]{43}$/.test(asked.get('code_challenge'))
    && (asked.get('state') ?? '').length > 40 && (asked.get('nonce') ?? '').length > 40, asked);
  check(named('the provider asked the person'), forms > 0, browser.page);
  check(named('the answer names its issuer (RFC 9207)'), back.searchParams.get('iss') === issuer, back.href);
  const end = await browser.go(back.href);
  check(named('the person is in, where they wanted to go'), end.pathname === '/console/inbox' && browser.status === 200, `${browser.status} ${end.href} ${browser.page}`);
  check(named('the page names the person, as the userinfo endpoint does'), browser.page.includes(people['u-1'].name), browser.page);
  const user = await ask(`users/${people['u-1'].preferred_username}`);
  check(named('the group became a role'), user.grants?.length === 1 && user.grants[0].role === 'officer' && user.grants[0].by_sign_on, JSON.stringify(user));
  const sessions = await ask(`users/${people['u-1'].preferred_username}/sessions`);
  check(named('the session is one of single sign-on'), sessions.items?.[0]?.method === 'sign-on', JSON.stringify(sessions));

  await browser.ask(back.href);
  check(named('the way back counts once'), browser.status === 403 && failed(browser, 'sign-on-expired'), browser.page);
  const again = await way(browser, 'u-1');
  check(named('who is signed in at the provider is not asked again'), again.forms === 0, again.forms);
  const other = new Browser();
  await other.go(again.back.href);
  check(named('the way back of another browser lets nobody in'), other.status === 403 && failed(other, 'sign-on-expired'), other.page);

  // The code of one attempt under the state of another: the verifier does not fit, and the provider says so.
  const [one, two] = [new Browser(), new Browser()];
  const [first, second] = [(await way(one, 'u-1')).back, (await way(two, 'u-1')).back];
  first.searchParams.set('code', second.searchParams.get('code'));
  await one.go(first.href);
  check(named('the code of another attempt is not taken'), one.status === 502 && failed(one, 'sign-on-failed'), one.page);

  const stopped = new Browser();
  await stopped.go(`${home}/console/sign-in`);
  await stopped.go(stopped.link('/console/sign-on'), undefined, isBack);
  const denied = await stopped.go(stopped.link(`${issuer}/interaction`) ?? stopped.link('/interaction'), undefined, isBack);
  if (isBack(denied)) await stopped.go(denied.href);
  check(named('whoever stops at the provider is told so'), failed(stopped, 'sign-on-denied') && stopped.page.includes('access_denied'), stopped.page);

  const stranger = new Browser();
  await stranger.go((await way(stranger, 'u-2')).back.href);
  check(named('whom no rule gives anything is given no account'), stranger.status === 403 && failed(stranger, 'sign-on-unlinked'), stranger.page);

  people['u-1'].groups = ['auditors'];
  await browser.go((await way(browser, 'u-1')).back.href);
  const later = await ask(`users/${people['u-1'].preferred_username}`);
  check(named('with another group it is another role'), later.grants?.length === 1 && later.grants[0].role === 'auditor', JSON.stringify(later));

  // Another window of the same browser, as far as the provider can tell: a session of its own here, one there.
  const window = new Browser();
  window.jars.set('127.0.0.1', new Map(browser.jars.get('127.0.0.1')));
  await window.go((await way(window, 'u-1')).back.href);
  await window.go(`${home}/console/account`);
  check(named('another window comes in by the same session there'), window.status === 200 && window.page.includes(people['u-1'].name), window.page);

  await browser.go(`${home}/console/account`);
  const csrf = /name="csrf" value="([^"]*)"/.exec(browser.page)?.[1];
  await browser.go(`${home}/console/sign-out`, { csrf });
  const leave = browser.link(`${issuer}/`);
  check(named('who signs out here is offered to sign out there'), leave !== undefined, browser.page);
  await browser.go(leave ?? home);
  const [address, fields] = browser.form({ logout: 'yes' });
  const left = await browser.go(address, fields);
  check(named('and comes back from there'), left.href.startsWith(`${home}/console/signed-out`) && browser.status === 200, `${left.href} ${browser.page}`);
  // The provider tells the node of it beside the answer to the browser.
  const isOut = async () => (await window.go(`${home}/console/account`)).pathname === '/console/sign-in';
  let out = await isOut();
  for (let tries = 0; !out && tries < 50; tries += 1) {
    await new Promise((ready) => setTimeout(ready, 100));
    out = await isOut();
  }
  check(named('what came in by that session elsewhere is out, too (back-channel logout)'), out, server.complaints.join('; '));
  const fresh = await way(browser, 'u-1');
  check(named('and is asked again the next time'), fresh.forms > 0, fresh.forms);

  await fetch(`${api}/api/v1/users/${people['u-1'].preferred_username}/disable`, { method: 'POST', headers });
  await browser.go(fresh.back.href);
  check(named('who is disabled stays out'), browser.status === 403 && failed(browser, 'account-disabled'), browser.page);
  server.close();
  server.closeAllConnections();
}

main().catch((error) => {
  check(named('the script ran to its end'), false, error.stack);
  process.exit(0);
});
