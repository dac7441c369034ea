// Work that goes on elsewhere: shows how far it is. Without scripts the page is asked for again by itself.
const place = document.getElementById("progress");
const look = async () => {
  if (document.hidden) return;
  try {
    const reply = await fetch(location.href, { cache: "no-store" });
    if (!reply.ok) return;
    const next = new DOMParser().parseFromString(await reply.text(), "text/html").getElementById("progress");
    // What can be done changes with the state: then the whole page is new.
    if (!next || next.dataset.state !== place.dataset.state) { location.reload(); return; }
    place.replaceChildren(...next.childNodes);
  } catch { /* asked again a moment later */ }
};
setInterval(look, 2000);
document.addEventListener("visibilitychange", look);
