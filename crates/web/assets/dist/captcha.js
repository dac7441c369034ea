// Proof of work in place of the picture: find a number whose hash with the token begins with enough zero bits.
// Without WebCrypto (or while it runs) the picture and the question stay usable; either is accepted.
const box = document.querySelector("[data-work]");
const enough = (hash, bits) => {
  for (const byte of hash) {
    if (bits <= 0) return true;
    const zeros = byte ? Math.clz32(byte) - 24 : 8;
    if (zeros < Math.min(bits, 8)) return false;
    bits -= 8;
  }
  return bits <= 0;
};
async function solve(token, bits) {
  const text = new TextEncoder();
  for (let from = 0; ; from += 128) {
    const hashes = await Promise.all(Array.from({ length: 128 }, (_, i) => crypto.subtle.digest("SHA-256", text.encode(`${token}:${from + i}`))));
    const at = hashes.findIndex((hash) => enough(new Uint8Array(hash), bits));
    if (at >= 0) return String(from + at);
  }
}
// Whoever chose the question in words wants to answer it.
if (box && globalThis.crypto?.subtle && box.dataset.way !== "words") {
  const { work, bits } = box.dataset;
  solve(work, Number(bits)).then((nonce) => {
    const answer = box.querySelector("#captcha-answer");
    // Somebody who is typing goes on undisturbed.
    box.querySelector("[name=captcha-work]").value = nonce;
    answer.required = false;
    if (document.activeElement === answer || answer.value) return;
    box.hidden = true;
    const done = document.querySelector("[data-work-done]");
    if (done) done.hidden = false;
  });
}
