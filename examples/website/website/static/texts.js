// The page's texts in its language, embedded by the server.
const catalogue = JSON.parse(document.getElementById("texts").textContent);

export const language = document.documentElement.lang;

/** The text of a key with its {placeholders} filled in; `otherwise` if there is no such text. */
export function text(key, values = {}, otherwise = key) {
  const found = catalogue[key];
  return found === undefined ? otherwise : found.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

const decimal = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });

/** 21.5 and "°C" → "21.5 °C"; 40 and "%" → "40%". */
export const number = (value, unit = "") => decimal.format(value) + (/^\w|^°./u.test(unit) ? ` ${unit}` : unit);

const dateTimes = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const times = new Intl.DateTimeFormat(language, { timeStyle: "short" });

/** An ISO 8601 timestamp as local time, with the date unless it is today. */
export function timestamp(iso) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  return date.toDateString() === new Date().toDateString() ? times.format(date) : dateTimes.format(date);
}
