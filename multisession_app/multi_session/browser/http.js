// The kit's own requests. Passwords go this way only: JSON over HTTP, never in a Reflex event.
import env from "$/env.json";
import { getBackendURL, getToken } from "$/utils/state";

const TIMEOUT_MS = 20000;

// A path of the kit's routes, or the whole one of a route of the app's own.
const api = (path) => {
  const url = getBackendURL(env.PING);
  url.pathname = path.startsWith("/api/") ? path : "/api/auth" + path;
  return url;
};

export const get = (path, options) =>
  fetch(api(path), { credentials: "include", cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS), ...options });

export const post = (path, body) =>
  get(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

// Reflex 0.10.1 uploads without credentials: a server at an address of its own would not know whose file it is.
if (typeof XMLHttpRequest !== "undefined") {
  const { open } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (...call) {
    open.apply(this, call);
    if (String(call[1]) === getBackendURL(env.UPLOAD).href) this.withCredentials = true;
  };
}

// Asks as whom this tab is signed in, in the tab's name: a socket that acts as someone else is called back then.
export const askInTabsName = async () =>
  (await get("/get-session", { headers: { "Reflex-Client-Token": getToken() } })).json();

// The session on screen: the server puts it behind the tab's token ("" signed out, undefined not known yet).
export const shownSession = () => getToken().split("~")[1];
