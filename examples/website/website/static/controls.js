// Factories of the controls in traits.js. Each takes a description and returns a builder:
//   builder(device, act) → { node, update(state, attributes) }, or null if the device lacks the command.
// `act(command, params)` resolves to whether the command succeeded.

import { element } from "./dom.js";
import { number, text } from "./texts.js";

/**
 * Optimistic update: the control keeps the value the resident chose while a command is pending, and is reset to the
 * last state if the command fails. States that arrive meanwhile are shown afterwards.
 */
function optimistic(show, act) {
  let shown = [];
  let newer = false;
  let busy = 0;
  return {
    update(...state) {
      shown = state;
      newer = true;
      if (!busy) show(...shown);
    },
    async act(command, params) {
      busy += 1;
      newer = false;
      const done = await act(command, params);
      busy -= 1;
      if (!busy && (newer || !done)) show(...shown);
    },
  };
}

/** A switch. */
export const toggle = ({ label, command, value, params }) => (device, act) => {
  if (!device.commands.includes(command)) return null;
  const input = element("input", { type: "checkbox", role: "switch", "aria-label": `${device.name}: ${text(label)}` });
  const control = optimistic((state) => {
    input.checked = value(state) === true;
    input.indeterminate = value(state) == null;
  }, act);
  input.addEventListener("change", () => control.act(command, params(input.checked)));
  return { node: element("label", { class: "switch" }, input, element("span")), update: control.update };
};

/**
 * A slider. `range(traits)` returns `{min, max, step, unit}`, `when(traits)` whether the device supports it. A `value`
 * of undefined hides it.
 */
export const slider = ({ label, command, value, params, range, kind, when = () => true }) => (device, act) => {
  if (!device.commands.includes(command) || !when(device.traits)) return null;
  const { min = 0, max = 100, step = 1, unit = "%" } = range?.(device.traits) ?? {};
  const name = text(label);
  const input = element("input", { type: "range", min, max, step, "aria-label": `${device.name}: ${name}` });
  const output = element("output");
  const node = element("label", { class: "slider", "data-kind": kind }, element("span", {}, name), output, input);
  let last = {};
  let dragging = false;

  function paint() {
    input.style.setProperty("--fill", `${((input.value - min) / (max - min)) * 100}%`);
    output.textContent = number(Number(input.value), unit);
    input.setAttribute("aria-valuetext", output.textContent);
  }
  const control = optimistic((state) => {
    last = state;
    node.hidden = value(state) === undefined;
    node.toggleAttribute("data-unset", value(state) == null);
    if (dragging) return;
    input.value = value(state) ?? min;
    paint();
    if (value(state) == null) output.textContent = "–";
  }, act);
  input.addEventListener("input", () => {
    dragging = true;
    paint();
  });
  input.addEventListener("change", () => {
    dragging = false;
    control.act(command, params(Number(input.value), last));
  });
  return { node, update: control.update };
};

/** A drop-down list. `options(traits)` returns its options. */
export const choice = ({ label, command, value, params, options, words }) => (device, act) => {
  const offered = options(device.traits) ?? [];
  if (!device.commands.includes(command) || offered.length === 0) return null;
  const nameOf = (option) => text(`${words}.${option}`, {}, option);
  const select = element(
    "select",
    { "aria-label": `${device.name}: ${text(label)}` },
    element("option", { value: "", hidden: true }, "–"),
    ...offered.map((option) => element("option", { value: option }, nameOf(option))),
  );
  const control = optimistic((state) => {
    select.value = value(state) ?? "";
  }, act);
  select.addEventListener("change", () => control.act(command, params(select.value)));
  const node = element("label", { class: "choice" }, element("span", {}, text(label)), select);
  return { node, update: control.update };
};

/** A row of buttons: `[{label, command, params?, disabled?(state), hidden?(state)}]`. */
export const buttons = (descriptions) => (device, act) => {
  const offered = descriptions.filter(({ command }) => device.commands.includes(command));
  if (offered.length === 0) return null;
  const made = offered.map(({ label, command, params }) =>
    element("button", { type: "button", onclick: () => act(command, params ?? {}) }, text(label)),
  );
  return {
    node: element("div", { class: "buttons" }, ...made),
    update: (state) =>
      offered.forEach(({ disabled, hidden }, index) => {
        made[index].disabled = !!disabled?.(state);
        made[index].hidden = !!hidden?.(state);
      }),
  };
};

/** A row of buttons with a PIN field, for devices that require a PIN. */
export const buttonsWithPin = (descriptions) => (device, act) => {
  const pin = element("input", {
    type: "password",
    inputmode: "numeric",
    autocomplete: "off",
    placeholder: "PIN",
    "aria-label": `${device.name}: PIN`,
  });
  const withPin = async (command, params) => {
    const done = await act(command, pin.value ? { ...params, pin: pin.value } : params);
    pin.value = "";
    return done;
  };
  const built = buttons(descriptions)(device, withPin);
  if (built && device.traits.lock?.pin_required) built.node.prepend(pin);
  return built;
};

/** A read-only value in the corner of the card. */
export const reading = (format) => () => {
  const node = element("strong", { class: "reading" });
  return {
    node,
    update(state, attributes) {
      node.textContent = format(state, attributes);
    },
  };
};
