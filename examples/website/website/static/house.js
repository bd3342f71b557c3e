// What the home has told: its devices, and the position in its feed.

export class House {
  devices = new Map();
  #epoch = null;
  #seq = null;

  /** The position from which a new connection can resume, once there is one. */
  get position() {
    return this.#epoch === null ? undefined : { epoch: this.#epoch, seq: this.#seq };
  }

  /** Everything anew. */
  snapshot({ epoch, seq, devices }) {
    this.#epoch = epoch;
    this.#seq = seq;
    this.devices = new Map(devices.map((device) => [device.id, device]));
  }

  /**
   * A device's state changed: only what changed is told. Returns the traits that did, or null for a stranger, and for
   * what is known already: a client may hand out the end of one connection at the start of the next.
   */
  state({ seq, id, online, state }) {
    if (seq <= this.#seq) return null;
    this.#seq = seq;
    const device = this.devices.get(id);
    if (!device) return null;
    device.online = online;
    for (const [trait, changed] of Object.entries(state ?? {})) {
      device.state[trait] = { ...device.state[trait], ...changed };
    }
    return Object.keys(state ?? {});
  }

  /** Devices came, went, or are described anew. */
  describe({ seq, added = [], changed = [], removed = [] }) {
    this.#seq = Math.max(seq, this.#seq);
    for (const device of [...added, ...changed]) this.devices.set(device.id, device);
    for (const id of removed) this.devices.delete(id);
  }

  /** The position after changes that were missed while away. */
  resumed({ epoch, seq }) {
    this.#epoch = epoch;
    this.#seq = seq;
  }
}
