// Sends commands to devices and returns their results.

const TIMEOUT_MS = 15_000;

// crypto.randomUUID exists only in secure contexts; crypto.getRandomValues also on plain HTTP.
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16)).join("-");

/** Sends one command and returns its result: `{status, error?, message?, state?}`. Never throws. */
export async function send(socket, device, command, params) {
  if (!socket.connected) return { status: "failed", error: "not_connected" };
  try {
    return await socket.timeout(TIMEOUT_MS).emitWithAck("command", { id: newId(), device, command, params });
  } catch {
    return { status: "failed", error: socket.connected ? "timeout" : "not_connected" };
  }
}

/** Whether the home has carried the command out. */
export const succeeded = (result) => result?.status === "done" || result?.status === "confirmed";
