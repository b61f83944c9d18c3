// What makes pages quicker and livelier. Every page works without it: links are links, forms are forms.
(() => {
  "use strict";
  const main = () => document.getElementById("main");
  const announce = (text) => {
    let place = document.getElementById("said");
    if (!place) {
      place = document.createElement("p");
      place.id = "said";
      place.className = "away";
      place.setAttribute("role", "status");
      document.body.append(place);
    }
    place.textContent = text;
  };

  // Links and forms marked data-swap: fetch the page, put its content in the place of this one's.
  let asked = 0;
  const swap = async (address, push) => {
    const turn = ++asked;
    main().setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { credentials: "same-origin", headers: { accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = page.getElementById("main");
      if (turn !== asked) return;
      if (!next || answer.redirected) return void location.assign(answer.url || address);
      main().replaceWith(document.adoptNode(next));
      document.title = page.title;
      for (const back of document.querySelectorAll("input[name=back]")) {
        const fresh = page.querySelector("input[name=back]");
        if (fresh) back.value = fresh.value;
      }
      if (push) history.pushState({}, "", address);
      enhance(main());
      announce(document.title);
    } catch {
      location.assign(address);
    }
  };
  const plain = (e) => e.defaultPrevented || e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey;
  document.addEventListener("click", (e) => {
    const link = e.target.closest("a[data-swap]");
    if (!link || plain(e)) return;
    e.preventDefault();
    swap(link.href, true).then(() => main().focus({ preventScroll: true }));
  });
  // A link to a part of this page moves the focus at once, where the part can have it. A browser by itself does so with
  // the next picture it draws, and takes the focus back from whoever has gone on meanwhile.
  document.addEventListener("click", (e) => {
    const link = e.target.closest("a[href^='#']");
    const part = link && !plain(e) && document.getElementById(link.getAttribute("href").slice(1));
    if (!part) return;
    part.focus();
    if (document.activeElement === part) e.preventDefault();
  });
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (form.matches("form[data-swap]")) {
      e.preventDefault();
      const query = new URLSearchParams(new FormData(form));
      for (const [name, value] of [...query]) if (!value) query.delete(name);
      const address = new URL(form.action);
      address.search = query;
      return void swap(address.href, true);
    }
    // Twice pressed is once sent.
    if (form.method === "post") {
      if (form.dataset.sent) return void e.preventDefault();
      form.dataset.sent = "yes";
      setTimeout(() => delete form.dataset.sent, 8000);
    }
  });
  window.addEventListener("popstate", () => swap(location.href, false));

  // Samples get a button that copies them.
  const copy = (sample) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet copy";
    button.textContent = sample.dataset.copy;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(sample.querySelector("code").textContent);
        button.textContent = sample.dataset.copied;
        announce(sample.dataset.copied);
      } catch {
        getSelection().selectAllChildren(sample.querySelector("code"));
      }
      setTimeout(() => (button.textContent = sample.dataset.copy), 2000);
    });
    sample.append(button);
  };

  // A file can be dropped on its field, whose button speaks the language of the page, not of the browser.
  const drop = (zone) => {
    const input = zone.querySelector("input[type=file]");
    const row = document.createElement("div");
    const [button, name] = ["button", "quiet"].map((kind) => {
      const part = document.createElement("span");
      part.className = kind;
      row.append(part);
      return part;
    });
    const say = () => (name.textContent = [...input.files].map((file) => file.name).join(", ") || zone.dataset.none);
    button.textContent = zone.dataset.choose;
    row.className = "chosen";
    row.setAttribute("aria-hidden", "true");
    row.addEventListener("click", () => input.click());
    input.addEventListener("change", say);
    input.classList.add("away");
    say();
    zone.append(row);
    const mark = (on) => zone.classList.toggle("over", on);
    zone.addEventListener("dragover", (e) => (e.preventDefault(), mark(true)));
    zone.addEventListener("dragleave", () => mark(false));
    zone.addEventListener("drop", (e) => {
      e.preventDefault();
      mark(false);
      if (!e.dataTransfer.files.length) return;
      input.files = e.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  };

  const enhance = (root) => {
    if (navigator.clipboard) for (const sample of root.querySelectorAll("[data-copy]")) copy(sample);
    for (const zone of root.querySelectorAll("[data-drop]")) drop(zone);
    root.querySelector("[data-focus]")?.focus();
  };
  enhance(document);

  // What is missing is said in the language of the page, not of the browser.
  document.addEventListener("invalid", ({ target }) => {
    if (!target.validity.valueMissing) return;
    const label = target.closest("fieldset.radio")?.querySelector("legend") || target.labels?.[0];
    if (label) target.setCustomValidity(label.textContent.trim());
  }, true);
  for (const what of ["input", "change"]) {
    document.addEventListener(what, ({ target }) => {
      for (const field of target.form?.elements || []) field.setCustomValidity?.("");
    });
  }

  // Menus close when one leaves them.
  document.addEventListener("click", (e) => {
    for (const open of document.querySelectorAll("details.drop[open]")) if (!open.contains(e.target)) open.open = false;
  });
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    for (const open of document.querySelectorAll("details.drop[open]")) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  });

  // Makes an element like another and leaves alone what is the same, so that the focus, what is typed, opened or
  // selected stay where they are. Rows are known by where they lead: one that came in moves no other.
  const key = (node) => {
    const row = /^(tr|li)$/.test(node.localName) && node.querySelector("[href]");
    return `${node.nodeName} ${node.id || (row && row.getAttribute("href")) || ""}`;
  };
  const become = (old, fresh) => {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== Node.ELEMENT_NODE) return void (old.nodeValue = fresh.nodeValue);
    const kept = (name) => name === "open" || fresh.hasAttribute(name);
    for (const { name } of [...old.attributes]) if (!kept(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    let at = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      let found = at;
      while (found && key(found) !== key(child)) found = found.nextSibling;
      if (found) become(found, child);
      if (found && found === at) at = at.nextSibling;
      else old.insertBefore(found || child, at);
    }
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  };

  // Parts marked data-live are asked for again when the node says that something has changed.
  const refresh = async () => {
    const turn = asked;
    const answer = await fetch(location.href, { credentials: "same-origin", headers: { accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Whoever has filtered or gone on meanwhile sees another list.
    if (turn !== asked) return;
    const focus = document.activeElement;
    for (const old of document.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(old.id);
      if (!fresh) continue;
      enhance(fresh);
      become(old, fresh);
      if (old.contains(focus) && focus !== document.activeElement) focus.focus({ preventScroll: true });
    }
    // What had the focus is no longer there: it stays on the page, and the next stop is not the first of all.
    if (!focus.isConnected) main().focus({ preventScroll: true });
  };
  const live = document.body.dataset.liveSource;
  if (live && window.EventSource) {
    // At once when it is quiet; when much happens, every page that is open would otherwise ask each second.
    let waiting, last = 0;
    const later = () => {
      if (waiting || document.hidden) return;
      waiting = setTimeout(() => {
        [waiting, last] = [0, Date.now()];
        refresh().catch(() => {});
      }, Math.max(400, last + 4000 - Date.now()));
    };
    // Only a page that is seen listens: a browser has six connections to a node, and people have more tabs.
    let source;
    const watch = () => {
      source?.close();
      source = document.hidden ? null : new EventSource(live);
      source?.addEventListener("changed", later);
    };
    const again = () => (watch(), later());
    watch();
    document.addEventListener("visibilitychange", again);
    window.addEventListener("pagehide", () => source?.close());
    window.addEventListener("pageshow", (e) => e.persisted && again());
  }
})();

// Passkeys: a form that asks for one shows itself where the browser has them, and is sent with what the
// authenticator answered. Without scripts there are password and code.
(() => {
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const create = (form) => {
    const { challenge, rp, user, name, display } = form.dataset;
    const kinds = [-8, -7, -257].map((alg) => ({ type: "public-key", alg }));
    return navigator.credentials.create({ publicKey: {
      challenge: bytes(challenge), rp: { id: rp, name: document.title }, pubKeyCredParams: kinds,
      user: { id: bytes(user), name, displayName: display }, attestation: "none", timeout: 300000,
      authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
    } });
  };
  const get = (form) => navigator.credentials.get({ publicKey: {
    challenge: bytes(form.dataset.challenge), rpId: form.dataset.rp, userVerification: "required", timeout: 300000,
  } });
  const fill = (form, found) => {
    const { response } = found;
    const fields = form.elements;
    fields.client.value = text(response.clientDataJSON);
    if (response.attestationObject) {
      fields.attestation.value = text(response.attestationObject);
      return;
    }
    fields.id.value = text(found.rawId);
    fields.authenticator.value = text(response.authenticatorData);
    fields.signature.value = text(response.signature);
  };
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const alert = form.querySelector("[role=alert]");
      try {
        fill(form, await (form.dataset.passkey === "create" ? create(form) : get(form)));
        form.submit();
      } catch {
        alert.hidden = false;
      }
    });
  }
})();
