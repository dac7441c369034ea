// An SMPP server and an SMTP server that nobody here wrote. Every message is a line of JSON on the standard output.
// What a number ends with decides how the SMPP server behaves: 97 is throttled, 98 is no number, 99 ends the connection.
import { readFileSync } from "node:fs";
import smpp from "smpp";
import { SMTPServer } from "smtp-server";

const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

let sessions = 0;
let messages = 0;
const operator = smpp.createServer((session) => {
  const number = (sessions += 1);
  session.on("error", () => {});
  session.on("bind_transceiver", (pdu) => {
    if (pdu.system_id !== "fujie" || pdu.password !== "secret8") {
      session.send(pdu.response({ command_status: smpp.ESME_RINVPASWD }));
      return;
    }
    say({ kind: "bind", session: number });
    session.send(pdu.response({ system_id: "stub" }));
  });
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => {
    session.send(pdu.response());
    session.close();
  });
  session.on("submit_sm", (pdu) => {
    const to = pdu.destination_addr;
    if (to.endsWith("97")) return session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
    if (to.endsWith("98")) return session.send(pdu.response({ command_status: smpp.ESME_RINVDSTADR }));
    messages += 1;
    const id = messages.toString(16).toUpperCase().padStart(8, "0");
    const { udh, message } = pdu.short_message;
    say({
      kind: "sms",
      session: number,
      id,
      to,
      from: pdu.source_addr,
      ton: pdu.source_addr_ton,
      coding: pdu.data_coding,
      text: message,
      udh: udh ? [...(Array.isArray(udh) ? Buffer.concat(udh) : udh)] : [],
    });
    session.send(pdu.response({ message_id: id }));
    if (to.endsWith("99")) {
      setTimeout(() => session.destroy(), 50);
      return;
    }
    if (pdu.registered_delivery === 1) {
      // In decimal, as some operators do.
      const receipt = `id:${messages} sub:001 dlvrd:001 submit date:2611211000 done date:2611211001 stat:DELIVRD err:000 text:`;
      setTimeout(
        () =>
          session.deliver_sm(
            { source_addr: to, destination_addr: pdu.source_addr, esm_class: 4, short_message: receipt },
            (answer) => say({ kind: "receipt", status: answer.command_status }),
          ),
        100,
      );
    }
  });
});

/** Header words of RFC 2047 and bodies, without the help of whoever wrote them. */
function decode(text, encoding) {
  if (/^b(ase64)?$/i.test(encoding)) return Buffer.from(text, "base64");
  if (!/^q(uoted-printable)?$/i.test(encoding)) return Buffer.from(text, "latin1");
  const plain = text.replace(/=\r?\n/g, "").replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(plain, "latin1");
}
function words(value) {
  return value
    .replace(/\?=\s+=\?/g, "?==?")
    .replace(/=\?utf-8\?(.)\?(.*?)\?=/gi, (_, encoding, text) =>
      decode(encoding.toLowerCase() === "q" ? text.replace(/_/g, " ") : text, encoding).toString("utf8"),
    );
}
const mailbox = new SMTPServer({
  secure: process.env.MAIL_SECURE === "yes",
  key: readFileSync(process.env.MAIL_KEY),
  cert: readFileSync(process.env.MAIL_CERTIFICATE),
  authMethods: ["PLAIN", "LOGIN"],
  onAuth(auth, session, done) {
    if (auth.username === "fujie" && auth.password === "mail-secret") return done(null, { user: auth.username });
    done(new Error("Invalid username or password"));
  },
  onRcptTo(address, session, done) {
    if (!address.address.startsWith("nobody")) return done();
    const error = new Error("No such mailbox");
    error.responseCode = 550;
    done(error);
  },
  onData(stream, session, done) {
    const chunks = [];
    stream.on("data", (chunk) => chunks.push(chunk));
    stream.on("end", () => {
      const raw = Buffer.concat(chunks).toString("latin1");
      const end = raw.indexOf("\r\n\r\n");
      const headers = {};
      for (const line of raw.slice(0, end).replace(/\r\n[ \t]+/g, " ").split("\r\n")) {
        const at = line.indexOf(":");
        headers[line.slice(0, at).toLowerCase()] = words(line.slice(at + 1).trim());
      }
      const body = decode(raw.slice(end + 4), headers["content-transfer-encoding"] ?? "").toString("utf8");
      say({
        kind: "mail",
        to: session.envelope.rcptTo.map((rcpt) => rcpt.address),
        tls: session.secure,
        user: session.user,
        headers,
        text: body.replace(/\r\n/g, "\n"),
      });
      done(null, "queued as stub-1");
    });
  },
});
mailbox.on("error", () => {});

operator.listen(0, "127.0.0.1", () => {
  mailbox.listen(0, "127.0.0.1", () => {
    say({ kind: "listening", smpp: operator.address().port, smtp: mailbox.server.address().port });
  });
});
