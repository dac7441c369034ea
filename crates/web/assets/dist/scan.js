// The desktop that waits for a phone: asks how it stands, goes on once it was approved. Without scripts the page has a button.
const form = document.getElementById("scan");
const show = () => location.replace(`/login/scan?scan=${form.dataset.scan}&return_to=${encodeURIComponent(form.elements.return_to.value)}`);
const look = async () => {
  if (document.hidden) return;
  let state = "waiting";
  try {
    const reply = await fetch(`/login/scan/state?scan=${form.dataset.scan}`, { headers: { accept: "application/json" }, cache: "no-store" });
    if (reply.ok) state = (await reply.json()).state;
  } catch { return; }
  if (state === "waiting") return;
  clearInterval(timer);
  if (state === "approved") form.requestSubmit();
  else show();
};
const timer = setInterval(look, 2000);
document.addEventListener("visibilitychange", look);
if (form.dataset.state === "approved") { clearInterval(timer); form.requestSubmit(); }
