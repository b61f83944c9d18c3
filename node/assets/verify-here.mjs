// Lets a reader check receipts in their own browser: wires `verify` (ground/proof/browser/verify.mjs,
// which stands above this in one file) to the page. Nothing is judged by the server; what is fetched is
// the receipt and the policy, and the reader may bring a policy of their own.

const MOST = 2 * 1024 * 1024;

const fetched = async (address) => {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  return new Uint8Array(await answer.arrayBuffer());
};

const chosen = async (input) => {
  const file = input?.files?.[0];
  if (!file) return null;
  if (file.size > MOST) throw new Error("too large");
  return new Uint8Array(await file.arrayBuffer());
};

const element = (name, attributes, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

const sign = (icons, id) => {
  const space = "http://www.w3.org/2000/svg";
  const [svg, use] = [document.createElementNS(space, "svg"), document.createElementNS(space, "use")];
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${icons}#${id}`);
  svg.append(use);
  return svg;
};

const TONES = { passed: "good", failed: "bad", pending: "wait", "not-checked": "idle" };

for (const place of document.querySelectorAll("[data-verify]")) {
  const { icons, policy } = place.dataset;
  const words = JSON.parse(place.dataset.words);
  const receipts = JSON.parse(place.dataset.receipts);
  // Where no receipt is at hand, the file is the one in the form for the upload.
  const form = receipts.length > 0 ? null : document.querySelector('form[action="/console/verify"]');
  const [start, results] = [place.querySelector("[data-verify-start]"), place.querySelector("[data-verify-results]")];

  const badge = (state) =>
    element("span", { class: `badge ${TONES[state]}` }, sign(icons, TONES[state]), element("span", {}, words[state]));

  const notice = (state, title, body = "") =>
    element(
      "div",
      { class: `notice ${TONES[state]}`, role: "status" },
      sign(icons, TONES[state]),
      element("div", {}, element("p", { class: "notice-title" }, title), body),
    );

  const meaning = (name) => {
    const country = /^country-([A-Z]{2})$/.exec(name)?.[1];
    if (!country) return words[`check-${name}`] ?? name;
    return words["check-country"].replace("{country}", words[`country-${country}`] ?? country);
  };

  const row = (check) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, meaning(check.name)),
      element("td", { "data-label": words["column-result"] }, element("span", {}, badge(check.state))),
      element("td", { "data-label": words["column-about"] }, element("span", {}, check.about.join(", "))),
    );

  const table = (title, checks) =>
    element(
      "div",
      { class: "table-wrap" },
      element(
        "table",
        { class: "table" },
        element("caption", {}, title),
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            ...["column-check", "column-result", "column-about"].map((key) => element("th", { scope: "col" }, words[key])),
          ),
        ),
        element("tbody", {}, ...checks.map(row)),
      ),
    );

  const check = async (title, bytes, policyBytes) => {
    if (!new TextDecoder().decode(bytes.slice(0, 24)).startsWith("c2sp.org/tlog-proof@")) {
      return [notice("not-checked", words["upload-instead"])];
    }
    const { outcome, checks } = await verify(bytes, policyBytes, { now: Date.now() / 1000 });
    return [notice(outcome, words[`outcome-${outcome}`]), table(title, checks)];
  };

  const run = async () => {
    const own = await chosen(form?.querySelector("[name=policy]"));
    const policyBytes = own ?? (await fetched(policy));
    const dropped = await chosen(form?.querySelector("[name=file]"));
    const all = form
      ? dropped
        ? [{ title: form.querySelector("[name=file]").files[0].name, bytes: dropped }]
        : []
      : receipts;
    if (all.length === 0) return [notice("not-checked", words["choose-first"])];
    const shown = [];
    for (const { title, address, bytes } of all) {
      shown.push(...(await check(title, bytes ?? (await fetched(address)), policyBytes)));
    }
    return shown;
  };

  start.hidden = false;
  start.addEventListener("click", async () => {
    start.disabled = true;
    results.setAttribute("aria-busy", "true");
    let shown;
    try {
      shown = await run();
    } catch (error) {
      shown = [notice("failed", words["cannot-check"], element("p", {}, error.message))];
    }
    results.replaceChildren(...shown);
    results.removeAttribute("aria-busy");
    start.disabled = false;
    results.focus();
  });
}
