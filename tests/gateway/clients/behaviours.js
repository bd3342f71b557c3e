// Runs one generation of socket.io-client against a server and reports each behaviour as a line of JSON.
//   node behaviours.js <alias> <url>
"use strict";

const [, , alias, url] = process.argv;
const io = require(alias);
const modern = alias === "sio-3" || alias === "sio-4";

const TRANSPORTS = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"] };
const PATIENCE = 10000;

function open(way, { credentials = {}, namespace = "", ...options } = {}) {
  const query = modern ? "" : new URLSearchParams(credentials).toString();
  const address = url + namespace + (namespace && query ? `?${query}` : "");
  return io(address, {
    transports: TRANSPORTS[way],
    forceNew: true,
    reconnectionDelay: 20,
    reconnectionDelayMax: 50,
    ...(modern ? { auth: credentials } : namespace ? {} : { query }),
    ...options,
  });
}

const once = (socket, event) => new Promise((resolve) => socket.once(event, (...args) => resolve(args)));
const ask = (socket, event, ...args) => new Promise((resolve) => socket.emit(event, ...args, (...answer) => resolve(answer)));

function check(condition, what) {
  if (!condition) throw new Error(what);
}

function same(left, right, what) {
  const seen = JSON.stringify(left, plain);
  check(seen === JSON.stringify(right, plain), `${what}: ${(seen || "undefined").slice(0, 200)}`);
}

function plain(_key, value) {
  if (value && value.type === "Buffer") return { bytes: value.data };
  if (value instanceof ArrayBuffer) return { bytes: [...new Uint8Array(value)] };
  return value;
}

function engine(socket) {
  return socket.io.engine;
}

async function upgraded(socket) {
  if (engine(socket).transport.name !== "websocket") await once(engine(socket), "upgrade");
}

async function connected(way, options) {
  const socket = open(way, options);
  await once(socket, "connect");
  if (way === "upgrade") await upgraded(socket);
  return socket;
}

const using = (action, options) => async (way) => {
  const socket = await connected(way, options);
  try {
    await action(socket, way);
  } finally {
    socket.close();
  }
};

const UNICODE = "현관문 é ß 😀 \u2028 日本語 ";
// Node clients of Socket.IO 1 encode what they post as UTF-8 twice, and no server can tell.
const text = (way) => (alias === "sio-1" && way === "polling" ? "ASCII" : UNICODE);
const BYTES = Buffer.from([0, 1, 2, 127, 128, 254, 255]);

const behaviours = {
  connect: using(async (socket, way) => {
    check(socket.connected, "not connected");
    const [transport] = await ask(socket, "transport");
    same(transport, way === "polling" ? "polling" : "websocket", "transport");
  }),

  "connect with credentials": using(
    async (socket) => same(await ask(socket, "credentials"), ["abc"], "credentials"),
    { credentials: { token: "abc" } },
  ),

  refuse: async (way) => {
    const socket = open(way, { credentials: { refuse: "yes" }, reconnection: false });
    const [refusal] = await once(socket, modern ? "connect_error" : "error");
    same(modern ? [refusal.message, refusal.data] : refusal, modern ? ["grant_revoked", { code: 7 }] : { code: 7 }, "refusal");
    check(!socket.connected, "connected");
    socket.close();
  },

  "refuse without data": async (way) => {
    const socket = open(way, { credentials: { refuse: "bare" }, reconnection: false });
    const [refusal] = await once(socket, modern ? "connect_error" : "error");
    same(modern ? refusal.message : refusal, "grant_paused", "refusal");
    socket.close();
  },

  event: using(async (socket, way) => {
    const args = ["text", 1, -2.5, null, true, [], {}, { deep: [{ er: [text(way)] }] }];
    const back = once(socket, "echo");
    socket.emit("echo", ...args);
    same(await back, args, "echo");
  }),

  "event without arguments": using(async (socket) => {
    const back = once(socket, "echo");
    socket.emit("echo");
    same(await back, [], "echo");
  }),

  "ack of the server": using(async (socket, way) => {
    same(await ask(socket, "ask", 1, text(way)), [1, text(way)], "ack");
    same(await ask(socket, "ask"), [], "empty ack");
  }),

  "ack of the client": using(async (socket, way) => {
    socket.on("question", (value, answer) => answer(value, "answered", BYTES));
    const result = once(socket, "answered");
    socket.emit("call me", text(way));
    same(await result, [text(way), "answered", BYTES], "answer");
  }),

  "binary": using(async (socket, way) => {
    const back = once(socket, "echo");
    const args = [BYTES, { name: text(way), picture: BYTES, more: [BYTES] }];
    socket.emit("echo", ...args);
    same(await back, args, "echo");
    same(await ask(socket, "ask", BYTES), [BYTES], "ack");
    same(await ask(socket, "kinds", BYTES, "text", { picture: BYTES }), ["bytes", "str", "dict"], "kinds");
  }),

  "binary of no bytes and of 100 kB": using(async (socket) => {
    same(await ask(socket, "ask", Buffer.alloc(0)), [Buffer.alloc(0)], "empty");
    const large = Buffer.alloc(100000, BYTES);
    const [back] = await ask(socket, "ask", large);
    check(Buffer.compare(Buffer.from(back), large) === 0, "100 kB differ");
  }),

  "100 kB of Unicode": using(async (socket) => {
    const long = UNICODE.repeat(Math.ceil(100000 / Buffer.byteLength(UNICODE)));
    const [back] = await ask(socket, "ask", long);
    check(back === long, "differs");
  }),

  "bursts of 50": using(async (socket) => {
    const seen = [];
    const all = new Promise((resolve) => {
      socket.on("echo", (number) => {
        if (seen.push(number) === 50) resolve();
      });
    });
    for (let number = 0; number < 50; number++) socket.emit("echo", number);
    await all;
    same(seen, [...Array(50).keys()], "order");
    const burst = [];
    const done = new Promise((resolve) => {
      socket.on("burst", (number) => {
        if (burst.push(number) === 50) resolve();
      });
    });
    socket.emit("burst me", 50);
    await done;
    same(burst, [...Array(50).keys()], "order of the server's");
  }),

  "burst with binary between": using(async (socket) => {
    const seen = [];
    const all = new Promise((resolve) => {
      socket.on("echo", (number, bytes) => {
        seen.push([number, bytes ? bytes.length || bytes.byteLength : 0]);
        if (seen.length === 20) resolve();
      });
    });
    for (let number = 0; number < 20; number++) {
      socket.emit("echo", number, ...(number % 2 ? [Buffer.alloc(number)] : []));
    }
    await all;
    same(seen, [...Array(20).keys()].map((number) => [number, number % 2 ? number : 0]), "order");
  }),

  namespaces: async (way) => {
    const socket = await connected(way, { namespace: "/admin", credentials: { token: "key" } });
    same(await ask(socket, "who"), ["/admin", "key"], "namespace");
    socket.close();
  },

  "unknown namespace": async (way) => {
    const socket = open(way, { namespace: "/unknown", reconnection: false });
    const [refusal] = await once(socket, modern ? "connect_error" : "error");
    same(refusal.message, "Invalid namespace", "refusal");
    socket.close();
  },

  "two namespaces on one connection": async (way) => {
    const main = await connected(way);
    const admin = main.io.socket("/admin");
    if (!admin.connected) await once(admin, "connect");
    same(await ask(admin, "who"), ["/admin", null], "admin");
    admin.close();
    same(await ask(main, "ask", "still here"), ["still here"], "main");
    main.close();
  },

  "server disconnects": using(async (socket) => {
    const gone = once(socket, "disconnect");
    socket.emit("put me out");
    same((await gone)[0], "io server disconnect", "reason");
  }),

  "the last words before a close arrive": async (way) => {
    const socket = await connected(way, { reconnection: false });
    const words = once(socket, "revoked");
    const gone = once(socket, "disconnect");
    socket.emit("revoke me");
    same(await words, [{ reason: UNICODE }], "last words");
    await gone;
    socket.close();
  },

  "client disconnects": async (way) => {
    const socket = await connected(way);
    const [id] = await ask(socket, "my id");
    socket.close();
    const other = await connected(way);
    const [reason] = await ask(other, "how did it end", id);
    check(["client disconnect", "transport close"].includes(reason), `reason: ${reason}`);
    other.close();
  },

  "reconnects and resumes": async (way) => {
    const socket = await connected(way);
    const feed = String(Math.random());
    const seen = [];
    const listen = () => socket.emit("since", feed, seen.length ? seen[seen.length - 1] : 0);
    socket.on("change", (number) => seen.push(number));
    socket.on("connect", listen);
    listen();
    await ask(socket, "change", feed, 3);
    const back = once(socket, "connect");
    socket.emit("drop me", feed, 4);
    await back;
    await ask(socket, "change", feed, 2);
    while (seen.length < 9) await once(socket, "change");
    same(seen, [1, 2, 3, 4, 5, 6, 7, 8, 9], "changes");
    socket.close();
  },

  "heartbeat": using(async (socket) => {
    await new Promise((resolve) => setTimeout(resolve, 1600));
    check(socket.connected, "gone");
    same(await ask(socket, "ask", "alive"), ["alive"], "ack");
  }),
};

function run(name, way) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("timed out")), PATIENCE);
  });
  return Promise.race([behaviours[name](way), late]).then(
    () => report(name, way, true),
    (error) => report(name, way, false, String(error && error.message)),
  ).finally(() => clearTimeout(timer));
}

function report(behaviour, transport, ok, detail) {
  process.stdout.write(`${JSON.stringify({ behaviour, transport, ok, detail })}\n`);
}

const only = process.env.ONLY;
const jobs = [];
for (const way of Object.keys(TRANSPORTS)) {
  for (const name of Object.keys(behaviours)) if (!only || only === name) jobs.push([name, way]);
}
Promise.all(jobs.map(([name, way]) => run(name, way))).then(() => process.exit(0));
