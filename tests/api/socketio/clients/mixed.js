// Has every generation of socket.io-client over every transport hear what is said in one room; a line of JSON for each.
//   node mixed.js <url> <how many clients there are in all>
"use strict";

const { TRANSPORTS, hear } = require("./behaviours.js");

const [, , url, awaited] = process.argv;

async function listen(alias, way) {
  const heard = await hear({ io: require(alias) }, url, way, Number(awaited));
  process.stdout.write(`${JSON.stringify({ client: `${alias} ${way}`, heard })}\n`);
}

const clients = ["sio-1", "sio-2", "sio-3", "sio-4"].flatMap((alias) => Object.keys(TRANSPORTS).map((way) => listen(alias, way)));
Promise.all(clients).then(() => process.exit(0));
