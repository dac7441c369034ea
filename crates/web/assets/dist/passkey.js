// Passkeys. A form with data-passkey asks the server for a ceremony, lets the device answer, and carries the answer as an
// ordinary form. Words come from the page. Without this file the form stays hidden and the other ways are used.
const forms = [...document.querySelectorAll("form[data-passkey]")];
const able = isSecureContext && !!globalThis.PublicKeyCredential && !!navigator.credentials?.get;
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => {
  if (!buffer) return null;
  let all = "";
  for (const byte of new Uint8Array(buffer)) all += String.fromCharCode(byte);
  return btoa(all).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};
const decoded = (options) => {
  const out = { ...options, challenge: bytes(options.challenge) };
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    if (out[list]) out[list] = out[list].map((key) => ({ ...key, id: bytes(key.id) }));
  }
  if (out.user) out.user = { ...out.user, id: bytes(out.user.id) };
  return out;
};
const encoded = ({ id, rawId, type, response }) => JSON.stringify({
  id,
  rawId: text(rawId),
  type,
  response: response.attestationObject
    ? { clientDataJSON: text(response.clientDataJSON), attestationObject: text(response.attestationObject), transports: response.getTransports?.() ?? [] }
    : { clientDataJSON: text(response.clientDataJSON), authenticatorData: text(response.authenticatorData), signature: text(response.signature), userHandle: text(response.userHandle) },
});

// What went wrong, in the page's words.
const REASONS = { NotAllowedError: "cancelled", InvalidStateError: "exists", SecurityError: "insecure", NotSupportedError: "unable", ConstraintError: "unable" };
const say = (form, words) => {
  const place = form.querySelector("[data-passkey-said]");
  if (!place) return;
  place.textContent = words ?? "";
  place.hidden = !words;
};
class Told extends Error {}

async function ceremony(form) {
  const answer = await fetch(form.dataset.begin, { method: "POST", headers: { accept: "application/json" }, body: new URLSearchParams(new FormData(form)), redirect: "manual" });
  // The session ended or wants to be confirmed: the page itself leads there.
  if (answer.type === "opaqueredirect" || answer.status === 401) { location.reload(); throw new DOMException("", "AbortError"); }
  const body = await answer.json();
  if (!answer.ok) throw new Told(body.detail);
  return body;
}
async function run(form, mediation, signal) {
  const { challenge, publicKey } = await ceremony(form);
  const options = { publicKey: decoded(publicKey), signal };
  const credential = form.dataset.passkey === "create" ? await navigator.credentials.create(options) : await navigator.credentials.get({ ...options, ...mediation });
  form.elements.challenge.value = challenge;
  form.elements.credential.value = encoded(credential);
  form.submit();
}

// Offered among the names that the browser fills in; renewed before the server forgets the ceremony.
let quiet;
async function offer(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  for (;;) {
    const turn = (quiet = new AbortController());
    const timer = setTimeout(() => turn.abort("renew"), 8 * 60_000);
    try { return await run(form, { mediation: "conditional" }, turn.signal); }
    catch { if (turn.signal.reason !== "renew") return; }
    finally { clearTimeout(timer); }
  }
}

if (able) {
  for (const form of forms) {
    if (form.querySelector("button")) form.hidden = false;
    form.addEventListener("submit", async (e) => {
      e.preventDefault();
      quiet?.abort("asked");
      say(form);
      const button = form.querySelector("button");
      button?.setAttribute("aria-busy", "true");
      try { await run(form, {}); }
      catch (error) {
        if (error.name !== "AbortError") say(form, error instanceof Told ? error.message : form.dataset[REASONS[error.name] ?? "failed"] ?? form.dataset.failed);
      } finally { button?.removeAttribute("aria-busy"); }
    });
    if ("autofill" in form.dataset) offer(form).catch(() => {});
  }
} else {
  document.querySelectorAll("[data-passkey-missing]").forEach((note) => (note.hidden = false));
}
