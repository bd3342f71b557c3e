// Everything a socket.io-client must be able to do against the server of application.py, over every transport.
// Runs in Node and in pages: `const reports = await runBehaviours(platform, url)`. A platform holds
//   io          the client
//   generation  of Socket.IO, 1 to 4
//   bytes       makes this platform's bytes of an array of numbers …
//   kinds       … and more such makers, for all that its client takes for bytes
//   options     more options for each connection
//   atOnce      how many behaviours of one transport run at a time
"use strict";

const TRANSPORTS = { polling: ["polling"], websocket: ["websocket"], upgrade: ["polling", "websocket"] };
const TIMEOUT_MS = 10000;
const UNICODE = "현관문 é ß 😀 \u2028 日本語 ";
const RAW = [0, 1, 2, 127, 128, 254, 255];

const once = (socket, event) => new Promise((resolve) => socket.once(event, (...args) => resolve(args)));
const ask = (socket, event, ...args) => new Promise((resolve) => socket.emit(event, ...args, (...answer) => resolve(answer)));
const range = (count) => [...Array(count).keys()];

function collect(socket, event, count) {
  const seen = [];
  return new Promise((resolve) => {
    socket.on(event, (...args) => {
      if (seen.push(args) === count) resolve(seen);
    });
  });
}

function check(condition, what) {
  if (!condition) throw new Error(what);
}

function same(left, right, what) {
  const seen = JSON.stringify(left, plain);
  check(seen === JSON.stringify(right, plain), `${what}: ${(seen || "undefined").slice(0, 200)}`);
}

function plain(_key, value) {
  if (value && value.type === "Buffer") return { bytes: value.data };
  if (ArrayBuffer.isView(value)) return { bytes: [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)] };
  if (value instanceof ArrayBuffer) return { bytes: [...new Uint8Array(value)] };
  return value;
}

async function upgraded(socket) {
  const { engine } = socket.io;
  if (engine.transport.name !== "websocket") await once(engine, "upgrade");
}

function behavioursOf({ io, generation, bytes, kinds, options: more = {} }, url) {
  const modern = generation >= 3;
  const refusedAs = modern ? "connect_error" : "error";
  // Node clients of Socket.IO 1 encode what they post as UTF-8 twice, and no server, JavaScript's included, can notice.
  const text = (way) => (generation === 1 && way === "polling" ? "ASCII" : UNICODE);
  const BYTES = bytes(RAW);

  function open(way, { credentials = {}, namespace = "", ...options } = {}) {
    const query = modern ? "" : new URLSearchParams(credentials).toString();
    const address = url + namespace + (namespace && query ? `?${query}` : "");
    return io(address, {
      transports: TRANSPORTS[way],
      forceNew: true,
      reconnectionDelay: 20,
      reconnectionDelayMax: 50,
      ...(modern ? { auth: credentials } : namespace ? {} : { query }),
      ...more,
      ...options,
    });
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

  // What came is all that comes: by the time of an answer nothing more has.
  async function exactly(socket, seen, expected, what) {
    await ask(socket, "ask");
    same(seen, expected, what);
  }

  async function ended(way, id, reasons) {
    const other = await connected(way);
    const [reason] = await ask(other, "how did it end", id);
    check(reasons.includes(reason), `reason: ${reason}`);
    other.close();
  }

  async function burstBothWays(socket) {
    const echoed = collect(socket, "echo", 50);
    const pushed = collect(socket, "burst", 50);
    for (const number of range(50)) socket.emit("echo", number);
    socket.emit("burst me", 50);
    const numbers = range(50).map((number) => [number]);
    await Promise.all([echoed, pushed]);
    await exactly(socket, await echoed, numbers, "order");
    same(await pushed, numbers, "order of the server's");
  }

  return {
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
      const [refusal] = await once(socket, refusedAs);
      same(modern ? [refusal.message, refusal.data] : refusal, modern ? ["grant_revoked", { code: 7 }] : { code: 7 }, "refusal");
      check(!socket.connected, "connected");
      socket.close();
    },

    "refuse without data": async (way) => {
      const socket = open(way, { credentials: { refuse: "bare" }, reconnection: false });
      const [refusal] = await once(socket, refusedAs);
      same(modern ? refusal.message : refusal, "grant_paused", "refusal");
      check(!socket.connected, "connected");
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
      const answers = await Promise.all(range(20).map((number) => ask(socket, "ask", number)));
      same(answers, range(20).map((number) => [number]), "acks at once");
    }),

    binary: using(async (socket, way) => {
      const back = once(socket, "echo");
      const args = [BYTES, { name: text(way), picture: BYTES, more: [BYTES] }];
      socket.emit("echo", ...args);
      same(await back, args, "echo");
      const each = kinds.map((make) => make(RAW));
      same(await ask(socket, "ask", ...each), kinds.map(() => BYTES), "ack");
      same(await ask(socket, "kinds", BYTES, "text", { picture: BYTES }), ["bytes", "str", "dict"], "kinds");
    }),

    "binary of no bytes and of 100 kB": using(async (socket) => {
      same(await ask(socket, "ask", bytes([])), [bytes([])], "empty");
      const large = range(100000).map((number) => RAW[number % RAW.length]);
      same(await ask(socket, "ask", bytes(large)), [bytes(large)], "100 kB");
    }),

    "100 kB of Unicode": using(async (socket, way) => {
      const size = new TextEncoder().encode(text(way)).length;
      const long = text(way).repeat(Math.ceil(100000 / size));
      const [back] = await ask(socket, "ask", long);
      check(back === long, "differs");
      const [received] = await ask(socket, "send Unicode", 3000);
      check(received === UNICODE.repeat(3000), "the server's differs");
    }),

    "bursts of 50": using(burstBothWays),

    "bursts of 50 while it upgrades": async (way) => {
      const socket = open(way);
      await once(socket, "connect");
      await burstBothWays(socket);
      if (way === "upgrade") await upgraded(socket);
      socket.close();
    },

    "burst with binary between": using(async (socket) => {
      const echoed = collect(socket, "echo", 20);
      const all = range(20).map((number) => [number, ...(number % 2 ? [bytes(range(number))] : [])]);
      for (const args of all) socket.emit("echo", ...args);
      await exactly(socket, await echoed, all, "order");
    }),

    namespaces: async (way) => {
      const socket = await connected(way, { namespace: "/admin", credentials: { token: "key" } });
      same(await ask(socket, "who"), ["/admin", "key"], "namespace");
      socket.close();
    },

    "unknown namespace": async (way) => {
      const socket = open(way, { namespace: "/unknown", reconnection: false });
      const [refusal] = await once(socket, refusedAs);
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

    "server disconnects": using(async (socket, way) => {
      const [id] = await ask(socket, "my id");
      const gone = once(socket, "disconnect");
      socket.emit("disconnect me");
      same((await gone)[0], "io server disconnect", "reason");
      check(!socket.connected, "connected");
      await ended(way, id, ["server disconnect"]);
      const back = once(socket, "connect");
      socket.open();
      await back;
      same(await ask(socket, "ask", "in again"), ["in again"], "ack");
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
      await ended(way, id, ["client disconnect", "transport close"]);
    },

    "reconnects and resumes": async (way) => {
      const socket = await connected(way);
      const feed = String(Math.random());
      const whole = collect(socket, "change", 9);
      let last = 0;
      const listen = () => socket.emit("since", feed, last);
      socket.on("change", (number) => (last = number));
      socket.on("connect", listen);
      listen();
      await ask(socket, "change", feed, 3);
      const back = once(socket, "connect");
      socket.emit("drop me", feed, 4);
      await back;
      await ask(socket, "change", feed, 2);
      await exactly(socket, await whole, range(9).map((number) => [number + 1]), "changes");
      socket.close();
    },

    heartbeat: using(async (socket) => {
      await new Promise((resolve) => setTimeout(resolve, 1600));
      check(socket.connected, "gone");
      same(await ask(socket, "ask", "alive"), ["alive"], "ack");
    }),
  };
}

function inTime(work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("timed out")), TIMEOUT_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

// Joins the audience and returns what it is sent until the end; that begins when `awaited` clients have joined.
async function hear({ io, options }, url, way, awaited) {
  const socket = io(url, { transports: TRANSPORTS[way], forceNew: true, ...options });
  const heard = [];
  socket.on("shout", (...args) => heard.push(args));
  const end = once(socket, "end");
  await once(socket, "connect");
  if (way === "upgrade") await upgraded(socket);
  socket.emit("join", awaited);
  await end;
  socket.close();
  return JSON.parse(JSON.stringify(heard, plain));
}

async function runBehaviours(platform, url) {
  const behaviours = behavioursOf(platform, url);
  const reports = [];

  async function work(way, names) {
    for (let name; (name = names.shift()); ) {
      const report = { behaviour: name, transport: way, ok: true };
      reports.push(report);
      try {
        await inTime(behaviours[name](way));
      } catch (error) {
        Object.assign(report, { ok: false, detail: String(error && error.message) });
      }
    }
  }

  const workers = Object.keys(TRANSPORTS).flatMap((way) => {
    const names = Object.keys(behaviours);
    return range(Math.min(platform.atOnce || names.length, names.length)).map(() => work(way, names));
  });
  await Promise.all(workers);
  return reports;
}

if (typeof module === "object") module.exports = { TRANSPORTS, hear, runBehaviours };
