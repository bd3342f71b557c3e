// The functions that the tests call in the page. `platform` describes this browser to behaviours.js.
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
  // A browser opens at most six connections to one server, and each pending poll occupies one.
  atOnce: 1,
};

let entered;

// Connects to a home as a website and records every event it receives.
function enter(url, way, token, extraHeaders) {
  const received = [];
  const options = { transports: TRANSPORTS[way], withCredentials: true, forceNew: true, reconnection: false };
  const socket = io(url, { ...options, ...(extraHeaders ? { extraHeaders } : { auth: { token } }) });
  socket.onAny((event, payload) => received.push([event, payload]));
  socket.on("connect", () => received.push(["connect", null]));
  socket.on("connect_error", (error) => received.push(["connect_error", error.message]));
  socket.on("disconnect", (reason) => received.push(["disconnect", reason]));
  return { socket, received };
}
