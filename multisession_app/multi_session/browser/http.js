// The kit's requests, for tab.jsx and form.jsx. Passwords go this way only: JSON over HTTP, never in a Reflex event.
import env from "$/env.json";
import { getBackendURL, getToken } from "$/utils/state";

const TIMEOUT_MS = 20000;

// The URL of a path below the kit's routes, or of a route of the app's own, which is named by its whole path.
const api = (path) => {
  const url = getBackendURL(env.PING);
  url.pathname = path.startsWith("/api/") ? path : "/api/auth" + path;
  return url;
};

export const get = (path, options) =>
  fetch(api(path), { credentials: "include", cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS), ...options });

// One after the other: an answer that deletes the cookie must not come after one that brings a new one.
let last = Promise.resolve();
const inTurn = (ask) => {
  last = last.then(ask, ask);
  return last;
};

export const post = (path, body) =>
  inTurn(() => get(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }));

// Nobody is left in this tab. A websocket cannot delete the cookie; the answer to this does, if it opens nothing more.
export const letCookieEnd = () => inTurn(() => get("/get-session")).catch(() => undefined);

// Reflex 0.10.1 uploads files without credentials: an API at another origin would not know whose file it gets.
if (typeof XMLHttpRequest !== "undefined") {
  const { open } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (...call) {
    open.apply(this, call);
    if (String(call[1]) === getBackendURL(env.UPLOAD).href) this.withCredentials = true;
  };
}

// Asks in the tab's name as whom it is signed in. If its socket acts as somebody else, the server calls that back.
export const askInTabsName = async () =>
  (await get("/get-session", { headers: { "Reflex-Client-Token": getToken() } })).json();
