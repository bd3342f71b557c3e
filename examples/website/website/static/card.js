// The card of one device.

import { send, succeeded } from "./commands.js";
import { element, icon } from "./dom.js";
import { text } from "./texts.js";
import { traits, unknownTrait } from "./traits.js";

const ICONS = {
  light: "light", switch: "switch", outlet: "outlet", fan: "fan", thermostat: "thermostat", water_heater: "thermostat",
  lock: "lock", tv: "tv", projector: "tv", speaker: "speaker", receiver: "speaker", scene: "scene", script: "scene",
  automation: "scene", button: "scene", blind: "blind", curtain: "blind", shutter: "blind", awning: "blind",
  window: "door", door: "door", garage: "door", gate: "door", contact: "door", motion: "motion", occupancy: "motion",
  sensor: "sensor",
};
const PROBLEM_MS = 6000;

const viewOf = (trait) => traits[trait] ?? unknownTrait;

export class Card {
  #device;
  #socket;
  #parts = [];
  #pending = 0;
  #problemTimer;

  constructor(device, socket) {
    this.#device = device;
    this.#socket = socket;
    this.status = element("small");
    this.problem = element("p", { class: "problem", role: "alert", hidden: true });
    const corner = element("div", { class: "corner" });
    const rows = element("div", { class: "rows" });
    for (const trait of Object.keys(device.traits)) {
      const { corner: inCorner, rows: below = [] } = viewOf(trait);
      if (inCorner) this.#add(trait, inCorner, corner);
      for (const row of below) this.#add(trait, row, rows);
    }
    this.node = element(
      "article",
      { class: "device", "data-type": device.type },
      element("header", {}, icon(ICONS[device.type] ?? "device"), element("div", {}, element("h3", {}, device.name), this.status), corner),
      ...(rows.childElementCount ? [rows] : []),
      this.problem,
    );
    this.update(Object.keys(device.traits));
  }

  /** Whether the card is highlighted: the device is on, open or detecting. */
  get highlighted() {
    const { online, state } = this.#device;
    return online && Object.entries(state).some(([trait, now]) => viewOf(trait).highlighted?.(now));
  }

  /** Whether the device takes commands. */
  get controllable() {
    return this.#device.commands.length > 0;
  }

  /** Updates the controls of these traits, the summary and the highlighting. */
  update(changed) {
    const { online, state, traits: attributes } = this.#device;
    for (const { trait, update } of this.#parts) {
      if (changed.includes(trait)) update(state[trait] ?? {}, attributes[trait]);
    }
    const summaries = Object.entries(state).map(([trait, now]) => viewOf(trait).summary?.(now, attributes[trait]));
    this.status.textContent = online ? summaries.filter(Boolean).slice(0, 2).join(" · ") : text("unavailable");
    this.node.toggleAttribute("data-highlighted", this.highlighted);
    this.node.toggleAttribute("data-offline", !online);
    this.node.inert = !online;
  }

  #add(trait, build, where) {
    const part = build(this.#device, (command, params) => this.#act(command, params));
    if (!part) return;
    where.append(part.node);
    this.#parts.push({ trait, update: part.update });
  }

  async #act(command, params) {
    this.#setPending(1);
    this.#showProblem(null);
    const result = await send(this.#socket, this.#device.id, command, params);
    this.#setPending(-1);
    if (succeeded(result)) return true;
    this.#showProblem(text(`failed.${result?.error}`, {}, result?.message || text("failed.other")));
    return false;
  }

  #setPending(change) {
    this.#pending += change;
    this.node.toggleAttribute("data-pending", this.#pending > 0);
    this.node.setAttribute("aria-busy", String(this.#pending > 0));
  }

  #showProblem(problem) {
    clearTimeout(this.#problemTimer);
    this.problem.hidden = !problem;
    this.problem.textContent = problem ?? "";
    if (problem) this.#problemTimer = setTimeout(() => this.#showProblem(null), PROBLEM_MS);
  }
}
