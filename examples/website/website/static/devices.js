// The home's devices as of a position in its feed.

export class Devices {
  byId = new Map();
  #epoch = null;
  #seq = null;

  /** The position from which a new connection can resume; undefined before the first snapshot. */
  get position() {
    return this.#epoch === null ? undefined : { epoch: this.#epoch, seq: this.#seq };
  }

  /** Handles `snapshot`: replaces all devices. */
  snapshot({ epoch, seq, devices }) {
    this.#epoch = epoch;
    this.#seq = seq;
    this.byId = new Map(devices.map((device) => [device.id, device]));
  }

  /**
   * Handles `state`, which contains only the values that changed. Returns the names of the changed traits, or null for
   * an unknown device or a `seq` that was handled before: the client may deliver the last events of a connection after
   * the next has begun.
   */
  state({ seq, id, online, state }) {
    if (seq <= this.#seq) return null;
    this.#seq = seq;
    const device = this.byId.get(id);
    if (!device) return null;
    device.online = online;
    for (const [trait, changed] of Object.entries(state ?? {})) {
      device.state[trait] = { ...device.state[trait], ...changed };
    }
    return Object.keys(state ?? {});
  }

  /** Handles `devices`: devices were added, changed or removed. */
  describe({ seq, added = [], changed = [], removed = [] }) {
    this.#seq = Math.max(seq, this.#seq);
    for (const device of [...added, ...changed]) this.byId.set(device.id, device);
    for (const id of removed) this.byId.delete(id);
  }

  /** Sets the position after the changes of a `resume`. */
  resumed({ epoch, seq }) {
    this.#epoch = epoch;
    this.#seq = seq;
  }
}
