// The connection of this page to the home: straight to it, over Socket.IO, with a token from our own server.

/* global io */

// Seconds until the next try, when the home has to be asked again by hand.
const PATIENCE = [1, 2, 5, 10, 15];
// Failed attempts after which our server is asked what is wrong.
const ASK_AFTER = 4;
// Refusals that a fresh token may mend, or that our server should hear of.
const TOKEN_ERRORS = new Set(["expired_token", "invalid_token", "missing_token", "grant_revoked"]);

class TokenError extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/**
 * Opens the connection and keeps it open.
 *
 * `tell(status, code)` hears of: connecting, connected, reconnecting, unreachable, refused, revoked, signed_out.
 * `events` are handlers by the name of the home's event. `position()` is where the feed was left.
 */
export function connect({ address, tokenUrl, csrfToken, position, events, tell }) {
  let token = null;
  let failures = 0;
  let over = false;

  async function fetchToken(renew) {
    const response = await fetch(tokenUrl + (renew ? "?renew" : ""), {
      method: "POST",
      headers: { "X-CSRF-Token": csrfToken },
      redirect: "error",
      cache: "no-store",
    });
    if (response.status === 401 || response.status === 403) throw new TokenError("signed_out");
    const answer = await response.json();
    if (!response.ok) throw new TokenError(answer.error);
    return answer.token;
  }

  const socket = io(address, {
    autoConnect: false,
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    reconnectionDelayMax: 10_000,
    auth: (give) => give({ token, since: position() }),
  });

  /** Connects, with a fresh token if need be. Our server knows whether there still is a grant. */
  async function start(renew) {
    try {
      if (renew || !token) token = await fetchToken(renew);
      socket.connect();
    } catch (error) {
      token = null;
      const code = error instanceof TokenError ? error.code : "unreachable";
      if (code === "revoked" || code === "signed_out") end(code);
      else later(code === "unreachable" ? code : "refused", code, code !== "unreachable");
    }
  }

  function later(status, code, renew = false) {
    tell(status, code);
    const seconds = PATIENCE[Math.min(failures++, PATIENCE.length - 1)];
    setTimeout(() => over || start(renew), seconds * 1000);
  }

  function end(status) {
    over = true;
    socket.disconnect();
    tell(status);
  }

  socket.on("connect_error", (error) => {
    const code = error.data?.error ?? (socket.active ? null : error.message);
    if (!code) {
      // No answer at all: Socket.IO goes on trying. A home that turns this website away looks the same to a browser,
      // so our server is asked now and then: it is told why.
      tell("unreachable");
      if (++failures % ASK_AFTER === 0) {
        socket.disconnect();
        start(true);
      }
    } else if (TOKEN_ERRORS.has(code) && failures++ === 0) {
      start(true);
    } else {
      later("refused", code, TOKEN_ERRORS.has(code));
    }
  });
  socket.on("disconnect", (reason) => {
    if (over || reason === "io client disconnect") return;
    tell("reconnecting");
    if (!socket.active) later("reconnecting");
  });
  socket.on("revoked", () => {
    // The grant was ended, paused, or its token ran out: asking for a fresh one tells which.
    socket.disconnect();
    start(true);
  });
  for (const [name, handle] of Object.entries(events)) {
    socket.on(name, (payload) => {
      if (name === "snapshot" || name === "resume") {
        failures = 0;
        tell("connected");
      }
      handle(payload);
    });
  }

  tell("connecting");
  start(false);
  return socket;
}
