// Makes dist/ from src/: stylesheet lowered for Chrome 99, icons as one sprite, scripts as they are; each also compressed.
// Usage: node build.mjs [--check]
import { readFileSync, readdirSync, writeFileSync, mkdirSync, rmSync } from "node:fs";
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from "node:zlib";
import { transform } from "lightningcss";

const here = new URL(".", import.meta.url);
const read = (path) => readFileSync(new URL(path, here));
const out = new Map();

const chrome99 = 99 << 16;
const css = transform({
  filename: "fujie.css",
  code: read("src/fujie.css"),
  minify: true,
  targets: { chrome: chrome99, edge: chrome99, firefox: 97 << 16, safari: (15 << 16) | (4 << 8) },
});
for (const warning of css.warnings) console.warn(warning.message);
out.set("fujie.css", Buffer.from(css.code));

const symbols = readdirSync(new URL("src/icons/", here))
  .filter((name) => name.endsWith(".svg"))
  .sort()
  .map((name) => {
    const [, box, body] = read(`src/icons/${name}`).toString().match(/<svg[^>]*viewBox="([^"]+)"[^>]*>(.*)<\/svg>/s);
    return `<symbol id="i-${name.slice(0, -4)}" viewBox="${box}">${body.trim()}</symbol>`;
  });
out.set("icons.svg", Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("\n")}</svg>\n`));
out.set("icon.svg", read("src/icon.svg"));
for (const name of readdirSync(new URL("src/js/", here)).sort()) out.set(name, read(`src/js/${name}`));

const dist = new URL("dist/", here);
if (process.argv.includes("--check")) {
  // Compressed bytes differ between zlib releases, so what they unpack to is compared.
  const wrong = [];
  const same = (name, plain, unpack) => {
    try { if (unpack(readFileSync(new URL(name, dist))).equals(plain)) return; } catch { /* missing or broken */ }
    wrong.push(name);
  };
  for (const [name, plain] of out) {
    same(name, plain, (bytes) => bytes);
    same(`${name}.br`, plain, brotliDecompressSync);
    same(`${name}.gz`, plain, gunzipSync);
  }
  for (const name of readdirSync(dist)) if (!out.has(name.replace(/\.(br|gz)$/, ""))) wrong.push(name);
  if (wrong.length) {
    console.error(`assets/dist differs from assets/src (run: cargo xtask assets): ${wrong.join(", ")}`);
    process.exit(1);
  }
} else {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  for (const [name, plain] of out) {
    writeFileSync(new URL(name, dist), plain);
    writeFileSync(new URL(`${name}.br`, dist), brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } }));
    writeFileSync(new URL(`${name}.gz`, dist), gzipSync(plain, { level: 9 }));
  }
}
