// The page's Socket.IO connection to the home, with access tokens from this website's server.

/* global io */

// Seconds before each retry of a connection that Socket.IO does not retry by itself.
const RETRY_DELAYS = [1, 2, 5, 10, 15];
// Failed attempts after which the page asks the server for the reason.
const ATTEMPTS_BEFORE_ASKING = 4;
// Errors after which the page fetches a new token: either that helps, or the server learns that the grant has ended.
const TOKEN_ERRORS = new Set(["expired_token", "invalid_token", "missing_token", "grant_revoked"]);

class TokenError extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/**
 * Opens the connection, and reopens it whenever it is lost.
 *
 * `onStatus(status, code)` is called with: connecting, connected, reconnecting, unreachable, refused, revoked,
 * signed_out. `events` maps the names of the home's events to handlers. `position()` returns the position in the feed
 * from which to resume, or undefined.
 */
export function connect({ address, tokenUrl, csrfToken, position, events, onStatus }) {
  let token = null;
  let failures = 0;
  let stopped = false;

  async function fetchToken(renew) {
    const response = await fetch(tokenUrl + (renew ? "?renew" : ""), {
      method: "POST",
      headers: { "X-CSRF-Token": csrfToken },
      redirect: "error",
      cache: "no-store",
    });
    if (response.status === 401 || response.status === 403) throw new TokenError("signed_out");
    const body = await response.json();
    if (!response.ok) throw new TokenError(body.error);
    return body.token;
  }

  const socket = io(address, {
    autoConnect: false,
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    reconnectionDelayMax: 10_000,
    auth: (give) => give({ token, since: position() }),
  });

  /** Connects; fetches a token first if there is none, or if `renew` is set. The server reports a revoked grant. */
  async function start(renew) {
    try {
      if (renew || !token) token = await fetchToken(renew);
      socket.connect();
    } catch (error) {
      token = null;
      const code = error instanceof TokenError ? error.code : "unreachable";
      if (code === "revoked" || code === "signed_out") stop(code);
      else retry(code === "unreachable" ? code : "refused", code, code !== "unreachable");
    }
  }

  function retry(status, code, renew = false) {
    onStatus(status, code);
    const seconds = RETRY_DELAYS[Math.min(failures++, RETRY_DELAYS.length - 1)];
    setTimeout(() => stopped || start(renew), seconds * 1000);
  }

  function stop(status) {
    stopped = true;
    socket.disconnect();
    onStatus(status);
  }

  socket.on("connect_error", (error) => {
    const code = error.data?.error ?? (socket.active ? null : error.message);
    if (!code) {
      // No response at all: Socket.IO keeps trying. To a browser, a home that refuses this website's origin looks the
      // same, so the server is asked now and then: its own request gets the error.
      onStatus("unreachable");
      if (++failures % ATTEMPTS_BEFORE_ASKING === 0) {
        socket.disconnect();
        start(true);
      }
    } else if (TOKEN_ERRORS.has(code) && failures++ === 0) {
      start(true);
    } else {
      retry("refused", code, TOKEN_ERRORS.has(code));
    }
  });
  socket.on("disconnect", (reason) => {
    if (stopped || reason === "io client disconnect") return;
    onStatus("reconnecting");
    if (!socket.active) retry("reconnecting");
  });
  socket.on("revoked", () => {
    // The grant is revoked or paused, or the token has expired: the request for a new token shows which.
    socket.disconnect();
    start(true);
  });
  for (const [name, handle] of Object.entries(events)) {
    socket.on(name, (payload) => {
      if (name === "snapshot" || name === "resume") {
        failures = 0;
        onStatus("connected");
      }
      handle(payload);
    });
  }

  onStatus("connecting");
  start(false);
  return socket;
}
