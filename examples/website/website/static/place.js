// The page of a place: the home's devices by area, live.

import { Card } from "./card.js";
import { connect } from "./connection.js";
import { Devices } from "./devices.js";
import { element } from "./dom.js";
import { language, text } from "./texts.js";

const grid = document.getElementById("devices");
const live = document.getElementById("live");
const banner = document.getElementById("banner");
const { place, address } = grid.dataset;

const devices = new Devices();
const cards = new Map();
const counts = new Map();
let socket;

/** Rebuilds the page: areas by name, devices without one last; controls before readings. */
function layOut() {
  const order = new Intl.Collator(language, { numeric: true });
  cards.clear();
  counts.clear();
  const areas = Map.groupBy(devices.byId.values(), (device) => device.area ?? "");
  const names = [...areas.keys()].sort((a, b) => !a - !b || order.compare(a, b));
  const sections = names.map((name) => {
    const made = areas.get(name).map((device) => {
      const card = new Card(device, socket);
      cards.set(device.id, card);
      return { device, card };
    });
    made.sort((a, b) => order.compare(a.device.name, b.device.name));
    const { controls = [], readings = [] } = Object.groupBy(made, ({ card }) => (card.controllable ? "controls" : "readings"));
    const count = element("small");
    counts.set(name, count);
    return element(
      "section",
      {},
      element("h2", {}, name || text("elsewhere"), count),
      element("div", { class: "cards" }, ...controls.map(({ card }) => card.node)),
      element("div", { class: "cards readings" }, ...readings.map(({ card }) => card.node)),
    );
  });
  grid.replaceChildren(...(sections.length ? sections : [element("p", { class: "empty" }, text("no_devices"))]));
  count();
}

/** Shows next to each area how many devices are on. */
function count() {
  const on = new Map();
  for (const { area, online, state } of devices.byId.values()) {
    if (online && state.on_off?.on) on.set(area ?? "", (on.get(area ?? "") ?? 0) + 1);
  }
  for (const [area, node] of counts) node.textContent = on.has(area) ? text("area_on", { count: on.get(area) }) : "";
}

const events = {
  snapshot(payload) {
    devices.snapshot(payload);
    layOut();
  },
  state(payload) {
    const changed = devices.state(payload);
    if (changed) cards.get(payload.id)?.update(changed);
    count();
  },
  devices(payload) {
    devices.describe(payload);
    layOut();
  },
  resume(payload) {
    for (const change of payload.changes) events[change.event]?.(change.payload);
    devices.resumed(payload);
  },
};

/** Shows the status of the connection, and disables the controls without one. */
function showStatus(status, code) {
  const connected = status === "connected";
  const key = status === "refused" ? code : status;
  const message = text(key, {}, text("refused", { code }));
  grid.disabled = !connected;
  live.dataset.kind = status;
  banner.hidden = connected || status === "connecting" || status === "revoked";
  live.hidden = !connected && status !== "connecting";
  live.textContent = message;
  banner.replaceChildren(message);
  if (status === "signed_out") banner.append(" ", element("a", { href: "/sign-in" }, text("sign_in")));
  if (status === "revoked") {
    document.getElementById("revoked").hidden = false;
    grid.hidden = true;
  }
}

if ("revoked" in grid.dataset) {
  live.hidden = true;
} else {
  socket = connect({
    address,
    tokenUrl: `/places/${place}/token`,
    csrfToken: document.querySelector("meta[name=csrf-token]").content,
    position: () => devices.position,
    events,
    onStatus: showStatus,
  });
}
