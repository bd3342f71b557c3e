// How each trait is displayed. A trait that is not in this table is shown as text, so that newer homes stay usable.
//   corner       one builder, next to the device's name
//   rows         builders, below the name
//   summary      (state, attributes) → a short text, or null
//   highlighted  (state) → whether the card is highlighted
// States, attributes and commands are those of docs/protocol.md.

import { buttons, buttonsWithPin, choice, reading, slider, toggle } from "./controls.js";
import { number, text, timestamp } from "./texts.js";

const OPENINGS = new Set(["door", "garage_door", "opening", "window"]);
const DETECTED = new Set(
  "carbon_monoxide cold gas heat light moisture motion moving occupancy presence problem safety smoke sound tamper vibration".split(" "),
);
const TIMESTAMPS = new Set(["timestamp", "uptime"]);

const onOff = (on) => (on == null ? text("unknown") : text(on ? "on" : "off"));
const percent = (value) => (value == null ? null : number(value, "%"));
const celsius = (value) => (value == null ? null : number(value, "°C"));

function measured({ value }, { measures, unit } = {}) {
  if (value == null) return text("unknown");
  if (TIMESTAMPS.has(measures)) return timestamp(value);
  return typeof value === "number" ? number(value, unit ?? "") : value;
}

function detected({ active }, { detects } = {}) {
  if (active == null) return text("unknown");
  if (OPENINGS.has(detects)) return text(active ? "open" : "closed");
  if (DETECTED.has(detects)) return text(active ? "active" : "inactive");
  return onOff(active);
}

/** A drop-down list of the options that the device offers in the trait's attributes, set by `trait.command`. */
const pick = (trait, { label, command, key, options, words = `${trait}.${key}` }) =>
  choice({
    label,
    command: `${trait}.${command}`,
    value: (state) => state[key],
    params: (value) => ({ [key]: value }),
    options: (traits) => traits[trait]?.[options],
    words,
  });

const percentSlider = (trait, label, command = `${trait}.set`, range = undefined) =>
  slider({ label, command, value: (state) => state.percent, params: (value) => ({ percent: value }), range });

const temperature = (label, key, params) =>
  slider({
    label,
    command: "thermostat.set_temperature",
    value: (state) => state[key] ?? undefined,
    params,
    range: ({ thermostat: has }) => ({
      min: has.celsius_min ?? 5,
      max: has.celsius_max ?? 35,
      step: has.celsius_step ?? 0.5,
      unit: "°C",
    }),
    kind: "warmth",
  });

export const traits = {
  on_off: {
    corner: toggle({ label: "label.on_off", command: "on_off.set", value: (s) => s.on, params: (on) => ({ on }) }),
    summary: ({ on }) => onOff(on),
    highlighted: ({ on }) => on === true,
  },
  brightness: {
    rows: [percentSlider("brightness", "label.brightness")],
  },
  color: {
    rows: [
      slider({
        label: "label.color",
        command: "color.set",
        value: (s) => (s.mode == null ? undefined : s.kelvin),
        params: (kelvin) => ({ kelvin }),
        range: ({ color }) => ({ min: color.kelvin_min ?? 2000, max: color.kelvin_max ?? 6500, step: 50, unit: "K" }),
        kind: "kelvin",
        when: ({ color }) => color.modes.includes("kelvin"),
      }),
      slider({
        label: "label.hue",
        command: "color.set",
        value: (s) => (s.mode == null ? undefined : s.hue),
        params: (hue, { saturation }) => ({ hue, saturation: saturation || 100 }),
        range: () => ({ max: 360, unit: "°" }),
        kind: "hue",
        when: ({ color }) => color.modes.includes("hue_saturation"),
      }),
    ],
  },
  effect: {
    rows: [pick("effect", { label: "label.effect", command: "set", key: "effect", options: "effects" })],
  },
  open_close: {
    rows: [
      percentSlider("open_close", "label.open_close"),
      buttons([
        { label: "do.open", command: "open_close.open", disabled: (s) => s.open === true && [100, null].includes(s.percent) },
        { label: "do.stop", command: "open_close.stop" },
        { label: "do.close", command: "open_close.close", disabled: (s) => s.open === false },
      ]),
    ],
    summary: ({ open, movement }) =>
      movement && movement !== "stopped" ? text(movement) : open == null ? text("unknown") : text(open ? "open" : "closed"),
  },
  tilt: {
    rows: [percentSlider("tilt", "label.tilt")],
  },
  thermostat: {
    corner: reading((s) => celsius(s.current_celsius) ?? ""),
    rows: [
      temperature("label.target", "celsius", (value) => ({ celsius: value })),
      temperature("label.low", "low_celsius", (value, s) => ({
        low_celsius: value,
        high_celsius: Math.max(value, s.high_celsius ?? value),
      })),
      temperature("label.high", "high_celsius", (value, s) => ({
        low_celsius: Math.min(value, s.low_celsius ?? value),
        high_celsius: value,
      })),
      pick("thermostat", { label: "label.mode", command: "set_mode", key: "mode", options: "modes", words: "mode" }),
    ],
    summary: ({ mode }) => (mode == null ? text("unknown") : text(`mode.${mode}`, {}, mode)),
  },
  humidity: {
    rows: [
      slider({
        label: "label.humidity",
        command: "humidity.set",
        value: (s) => s.percent,
        params: (value) => ({ percent: value }),
        range: ({ humidity: has }) => ({ min: has.percent_min ?? 0, max: has.percent_max ?? 100, step: has.percent_step ?? 1 }),
      }),
      pick("humidity", { label: "label.mode", command: "set_mode", key: "mode", options: "modes", words: "mode" }),
    ],
  },
  fan: {
    rows: [
      percentSlider("fan", "label.fan", "fan.set_speed", ({ fan }) => ({ step: fan.percent_step ?? 1 })),
      pick("fan", { label: "label.mode", command: "set_preset", key: "preset", options: "presets", words: "mode" }),
    ],
    summary: ({ percent: speed }) => percent(speed || null),
  },
  lock: {
    rows: [
      buttonsWithPin([
        { label: "do.lock", command: "lock.lock", hidden: (s) => s.locked === true },
        { label: "do.unlock", command: "lock.unlock", hidden: (s) => s.locked === false },
      ]),
    ],
    summary: ({ state }) => (state == null ? text("unknown") : text(state, {}, state)),
    highlighted: ({ locked }) => locked === false,
  },
  volume: {
    rows: [
      percentSlider("volume", "label.volume"),
      buttons([
        { label: "do.mute", command: "volume.mute", params: { muted: true }, hidden: (s) => s.muted === true },
        { label: "do.unmute", command: "volume.mute", params: { muted: false }, hidden: (s) => s.muted !== true },
      ]),
    ],
    summary: ({ muted }) => (muted ? text("muted") : null),
  },
  media: {
    rows: [
      buttons([
        { label: "do.play", command: "media.play", hidden: (s) => s.playback === "playing" },
        { label: "do.pause", command: "media.pause", hidden: (s) => s.playback !== "playing" },
      ]),
    ],
    summary: ({ title, artist }) => [title, artist].filter(Boolean).join(" – ") || null,
  },
  source: {
    rows: [pick("source", { label: "label.source", command: "set", key: "source", options: "sources" })],
  },
  activate: {
    corner: buttons([{ label: "do.run", command: "activate.run" }]),
    summary: ({ last_run: at }) => (at ? text("last_run", { time: timestamp(at) }) : text("never_run")),
  },
  value: {
    corner: reading(measured),
  },
  active: {
    corner: reading(detected),
    highlighted: ({ active }) => active === true,
  },
};

/** The view of a trait that is not in the table: its first plain value. */
export const unknownTrait = {
  summary: (state) => Object.values(state ?? {}).filter((value) => ["string", "number"].includes(typeof value))[0] ?? null,
};
