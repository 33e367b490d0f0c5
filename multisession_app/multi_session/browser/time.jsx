// The `Time` of components/time.py: a moment as people say it, and in full when pointed at, in the page's language.
import { createElement as h, useEffect, useReducer } from "react";

const UNITS = { year: 31557600, month: 2629800, day: 86400, hour: 3600, minute: 60 };
const REDRAW_MS = 60000;

const ago = (date, language) => {
  // If this machine's clock is behind, a moment just past is now, not in the future.
  const seconds = Math.max(0, (Date.now() - date) / 1000);
  const unit = Object.keys(UNITS).find((unit) => seconds >= UNITS[unit]);
  // "1 day ago", not "yesterday": a day and a half ago may have been the day before that.
  if (unit) return new Intl.RelativeTimeFormat(language).format(-Math.floor(seconds / UNITS[unit]), unit);
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(0, "second");
};

export function Time({ at }) {
  const [, redraw] = useReducer((count) => count + 1, 0);
  useEffect(() => {
    const timer = setInterval(redraw, REDRAW_MS);
    return () => clearInterval(timer);
  }, []);
  const date = new Date(at);
  const language = document.documentElement.lang || undefined;
  const title = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "medium" }).format(date);
  return h("time", { dateTime: at, title }, ago(date, language));
}
