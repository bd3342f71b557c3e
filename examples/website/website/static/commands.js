// Commands to devices, each with its answer.

const ANSWER_WITHIN = 15_000;

// crypto.randomUUID exists only on secure pages; a home's website on plain HTTP has this.
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16)).join("-");

/** Sends one command and returns its answer: `{status, error?, message?, state?}`. Never throws. */
export async function send(socket, device, command, params) {
  if (!socket.connected) return { status: "failed", error: "not_connected" };
  try {
    return await socket.timeout(ANSWER_WITHIN).emitWithAck("command", { id: newId(), device, command, params });
  } catch {
    return { status: "failed", error: socket.connected ? "timeout" : "not_connected" };
  }
}

/** Tells whether the home did what it was told. */
export const succeeded = (answer) => answer?.status === "done" || answer?.status === "confirmed";
