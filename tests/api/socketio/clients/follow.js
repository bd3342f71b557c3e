// Follows the feed of a home with one generation of socket.io-client, through whatever happens to its connections,
// and leaves and comes back by itself now and then. A line of JSON for all that each follower hears. A line on stdin
// lets them stay from then on; its end ends them.
//   node follow.js <generation> <seed> '[{"name", "way", "url", "token"}, …]'
"use strict";

const { TRANSPORTS } = require("./behaviours.js");

const generation = Number(process.argv[2]);
const io = require(`sio-${generation}`);
const modern = generation >= 3;
let restless = true;

// mulberry32: numbers from 0 to 1 that are the same for the same seed.
function randomNumbers(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function follow({ name, way, url, token }, random) {
  let position;
  let untilLeaving = 60 * random();
  const say = (event, payload) => process.stdout.write(`${JSON.stringify({ name, event, payload })}\n`);
  // The client keeps what comes after the end of a connection and hands it out after the beginning of the next: when
  // that has been asked for once more.
  const credentials = () => {
    socket.receiveBuffer = [];
    return { token, since: position };
  };

  const socket = io(url, {
    transports: TRANSPORTS[way],
    forceNew: true,
    reconnectionDelay: 5,
    reconnectionDelayMax: 50,
    // A WebSocket that ends before its first packet is waited for until then, and for 20 s unasked.
    timeout: 300,
    ...(modern ? { auth: (give) => give(credentials()) } : {}),
  });

  function leave() {
    untilLeaving = 60 * random();
    if (random() < 0.5) {
      socket.io.engine.close();
    } else {
      socket.close();
      setTimeout(() => socket.open(), 30 * random());
    }
  }

  function hear(event, payload, now) {
    position = now;
    say(event, payload);
    if (restless && --untilLeaving < 0) leave();
  }

  for (const event of ["snapshot", "resume"]) {
    socket.on(event, (payload) => hear(event, payload, { epoch: payload.epoch, seq: payload.seq }));
  }
  for (const event of ["state", "devices", "event"]) {
    socket.on(event, (payload) => hear(event, payload, { epoch: position.epoch, seq: payload.seq }));
  }
  socket.on("connect", () => {
    if (!modern) socket.emit("authenticate", credentials(), (answer) => answer.success || say("refused", answer));
  });
  socket.on("connect_error", (error) => error.data && error.data.error && say("refused", error.data));
  // `io server disconnect` is not for good here: the integration reloads.
  socket.on("disconnect", (reason) => reason === "io server disconnect" && setTimeout(() => socket.open(), 20));
  return socket;
}

const sockets = JSON.parse(process.argv[4]).map((each, number) => follow(each, randomNumbers(Number(process.argv[3]) + number)));
process.stdin.on("data", () => (restless = false));
process.stdin.on("end", () => {
  for (const socket of sockets) socket.close();
  process.exit(0);
});
