// Progressive niceties. Every page works without this file. Words come from the page, in its language.
const $ = (s, r = document) => r.querySelector(s);
const $$ = (s, r = document) => [...r.querySelectorAll(s)];
const on = (type, sel, fn) => document.addEventListener(type, (e) => { const el = e.target.closest?.(sel); if (el) fn(el, e); });

// toast: one polite live region
const box = Object.assign(document.createElement("div"), { className: "toast" });
box.setAttribute("role", "status");
document.body.append(box);
let timer;
export function toast(text) {
  box.textContent = text;
  clearTimeout(timer);
  timer = setTimeout(() => (box.textContent = ""), 6000);
}

// dialogs: <a href="#id" data-dialog="id">. Without scripts the link uses :target
const open = (id) => { const d = document.getElementById(id); if (d?.showModal && !d.open) d.showModal(); };
on("click", "[data-dialog]", (a, e) => { e.preventDefault(); a.closest("[popover]")?.hidePopover?.(); open(a.dataset.dialog); });
on("click", "[data-close]", (b, e) => { e.preventDefault(); b.closest("dialog")?.close(); });
on("click", "dialog[open]", (d, e) => { if (e.target === d && !d.querySelector("input:not([type=hidden]), textarea, select")) d.close(); });
// a dialog that came back with errors is open already: make it modal
$$("dialog[open]").forEach((d) => { d.open = false; open(d.id); });
if (location.hash.startsWith("#dlg-")) { const id = location.hash.slice(1); history.replaceState(null, "", location.pathname + location.search); open(id); }

// copy
if (navigator.clipboard) $$("[data-copy]").forEach((b) => (b.hidden = false));
on("click", "[data-copy]", async (b) => {
  const words = document.body.dataset;
  try { await navigator.clipboard.writeText(b.dataset.copy); toast(words.copied); }
  catch { toast(words.copyFailed); }
});

// print
$$("[data-print]").forEach((b) => (b.hidden = false));
on("click", "[data-print]", () => print());

// show password
$$("[data-reveal]").forEach((b) => { b.hidden = false; b.dataset.show = b.textContent; });
on("click", "[data-reveal]", (b) => {
  const f = document.getElementById(b.dataset.reveal), show = f.type === "password";
  f.type = show ? "text" : "password";
  b.setAttribute("aria-pressed", show);
  b.textContent = show ? b.dataset.hide : b.dataset.show;
});

// password strength: a hint only, the server decides
$$("[data-strength]").forEach((f) => {
  const box = document.getElementById(f.dataset.strength), meter = $("meter", box), own = document.getElementById(f.dataset.own ?? "");
  const rules = { len: (v) => v.length >= +(f.dataset.least ?? 10), mix: (v) => /[a-z]/i.test(v) && /\d/.test(v), own: (v) => !own?.value || !v.includes(own.value) };
  box.hidden = false;
  f.addEventListener("input", () => {
    const v = f.value;
    let n = 0;
    $$("[data-rule]", box).forEach((li) => { const y = !!v && rules[li.dataset.rule](v); li.classList.toggle("y", y); n += y; });
    if (meter) meter.value = v ? Math.min(4, n + (v.length >= 14 || /[^a-z0-9]/i.test(v)) - (v.length < 10)) : 0;
  });
});

// resend countdown. Without scripts the server refuses early requests with a message
$$("[data-countdown]").forEach((b) => {
  let n = +b.dataset.countdown;
  const tick = () => {
    b.disabled = n > 0;
    b.textContent = n > 0 ? b.dataset.wait.replace("{n}", n) : b.dataset.label;
    if (n-- > 0) setTimeout(tick, 1000);
  };
  tick();
});

// select all, unsaved changes, quick filter
on("change", "[data-all]", (c) => $$("tbody [type=checkbox]", c.closest("table")).forEach((x) => (x.checked = c.checked)));
// a column of the matrix at once
$$(".matrix th[data-column]").forEach((th) => {
  const boxes = $$(`tbody td:nth-child(${+th.dataset.column + 1}) [type=checkbox]`, th.closest("table"));
  if (!boxes.length) return;
  const all = Object.assign(document.createElement("input"), { type: "checkbox", checked: boxes.every((b) => b.checked) });
  all.setAttribute("aria-label", th.dataset.label);
  all.addEventListener("change", () => boxes.forEach((b) => (b.checked = all.checked)));
  th.append(all);
});
$$("[data-dirty]").forEach((form) => {
  const note = $("[data-count]", form), idle = note?.textContent;
  const sync = () => {
    let n = 0;
    $$("td [type=checkbox]", form).forEach((c) => { const d = c.checked !== c.defaultChecked; c.closest("label")?.classList.toggle("changed", d); n += d; });
    if (note) note.textContent = n ? note.dataset.count.replace("{n}", n) : idle;
    form.dataset.dirty = n || "";
  };
  form.addEventListener("change", sync);
  form.addEventListener("reset", () => setTimeout(sync));
  addEventListener("beforeunload", (e) => { if (form.dataset.dirty && !form.dataset.sent) e.preventDefault(); });
  form.addEventListener("submit", () => (form.dataset.sent = 1));
});
$$("[data-filter]").forEach((f) => (f.closest(".field") ?? f).hidden = false);
on("input", "[data-filter]", (f) => {
  const q = f.value.trim().toLowerCase();
  $$(`#${f.dataset.filter} tbody tr`).forEach((tr) => (tr.hidden = q && !$("th", tr).textContent.toLowerCase().includes(q)));
});
on("keydown", "[data-filter]", (_, e) => e.key === "Enter" && e.preventDefault());

// display settings: at once, and kept by the server
on("change", "#pref input", (r) => {
  document.documentElement.dataset[r.name] = r.value;
  const form = r.form;
  fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
});
