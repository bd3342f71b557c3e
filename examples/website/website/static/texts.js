// The texts of the page in its language, as the server put them there.
const catalogue = JSON.parse(document.getElementById("texts").textContent);

export const language = document.documentElement.lang;

/** The text of a key with its {places} filled in; `otherwise` when there is no such text. */
export function text(key, values = {}, otherwise = key) {
  const found = catalogue[key];
  return found === undefined ? otherwise : found.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

const decimal = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });

/** 21.5 and "°C" → "21.5 °C"; 40 and "%" → "40%". */
export const number = (value, unit = "") => decimal.format(value) + (/^\w|^°./u.test(unit) ? ` ${unit}` : unit);

const moments = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const today = new Intl.DateTimeFormat(language, { timeStyle: "short" });

/** An ISO 8601 instant, as short as it can be said. */
export function moment(iso) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  return date.toDateString() === new Date().toDateString() ? today.format(date) : moments.format(date);
}
