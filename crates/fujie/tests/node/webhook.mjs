// A product's server: verifies every webhook with node's own crypto, keeps what it accepted, and says so.
// POST /hook takes events (503 while refusing), GET /taken lists them, POST /refuse and /accept switch.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const taken = [];
let secret = process.env.WEBHOOK_SECRET ?? "";
let refusing = false;

function verified(headers, body) {
  const id = headers["webhook-id"], timestamp = headers["webhook-timestamp"], header = headers["webhook-signature"];
  if (!id || !timestamp || !header) return "a header is missing";
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return "too old";
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest();
  const good = header.split(" ").some((one) => {
    const [version, value] = one.split(",");
    const given = Buffer.from(value ?? "", "base64");
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
  return good ? null : "wrong signature";
}

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString("utf8");
  const answer = (status, text = "") => response.writeHead(status, { "content-type": "application/json" }).end(text);
  if (request.url === "/taken") return answer(200, JSON.stringify(taken));
  if (request.url === "/secret") { secret = body; return answer(204); }
  if (request.url === "/refuse") { refusing = true; return answer(204); }
  if (request.url === "/accept") { refusing = false; return answer(204); }
  const wrong = verified(request.headers, body);
  if (wrong) { taken.push({ wrong }); return answer(401, JSON.stringify({ wrong })); }
  if (refusing) return answer(503);
  taken.push({ id: request.headers["webhook-id"], at: Date.now(), ...JSON.parse(body) });
  answer(204);
}).listen(Number(process.env.WEBHOOK_PORT), "127.0.0.1", () => console.log("ready"));
