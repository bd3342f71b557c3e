// What the tests have the page do: `platform` is this browser as behaviours.js wants it.
"use strict";

const platform = {
  io,
  generation: 4,
  bytes: (numbers) => Uint8Array.from(numbers),
  kinds: [
    (numbers) => Uint8Array.from(numbers),
    (numbers) => Uint8Array.from(numbers).buffer,
    (numbers) => new Blob([Uint8Array.from(numbers)]),
    (numbers) => new File([Uint8Array.from(numbers)], "picture.png"),
  ],
  options: { withCredentials: true },
  // A browser opens six connections to one server, and each poll holds one.
  atOnce: 1,
};

let entered;

// Enters a home as a website and keeps all it is told.
function enter(url, way, token, extraHeaders) {
  const told = [];
  const options = { transports: TRANSPORTS[way], withCredentials: true, forceNew: true, reconnection: false };
  const socket = io(url, { ...options, ...(extraHeaders ? { extraHeaders } : { auth: { token } }) });
  socket.onAny((event, payload) => told.push([event, payload]));
  socket.on("connect", () => told.push(["connect", null]));
  socket.on("connect_error", (error) => told.push(["connect_error", error.message]));
  socket.on("disconnect", (reason) => told.push(["disconnect", reason]));
  return { socket, told };
}
