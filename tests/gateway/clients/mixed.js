// Connects every generation of socket.io-client over every transport to one room and reports what each hears.
//   node mixed.js <url>
"use strict";

const [, , url] = process.argv;
const WAYS = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"] };

function plain(_key, value) {
  if (value && value.type === "Buffer") return { bytes: value.data };
  if (value instanceof ArrayBuffer) return { bytes: [...new Uint8Array(value)] };
  return value;
}

function listen(alias, way) {
  return new Promise((resolve) => {
    const heard = [];
    const socket = require(alias)(url, { transports: WAYS[way], forceNew: true });
    socket.on("shout", (...args) => heard.push(args));
    socket.on("end", () => {
      process.stdout.write(`${JSON.stringify({ client: `${alias} ${way}`, heard }, plain)}\n`);
      socket.close();
      resolve();
    });
    socket.on("connect", () => {
      const join = () => socket.emit("join", "room", () => {});
      if (way !== "upgrade" || socket.io.engine.transport.name === "websocket") join();
      else socket.io.engine.once("upgrade", join);
    });
  });
}

const clients = [];
for (const alias of ["sio-1", "sio-2", "sio-3", "sio-4"]) {
  for (const way of Object.keys(WAYS)) clients.push(listen(alias, way));
}
Promise.all(clients).then(() => process.exit(0));
