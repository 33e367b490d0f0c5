// The kit's own requests. Passwords go this way only: JSON over HTTP, never in a Reflex event.
import env from "$/env.json";
import { getBackendURL, getToken } from "$/utils/state";

const TIMEOUT_MS = 20000;

const api = (path) => {
  const url = getBackendURL(env.PING);
  url.pathname = "/api/auth" + path;
  return url;
};

export const get = (path, options) =>
  fetch(api(path), { credentials: "include", cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS), ...options });

export const post = (path, body) =>
  get(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

// Asks as whom this tab is signed in, in the tab's name: a socket that acts as someone else is called back then.
export const askInTabsName = async () =>
  (await get("/get-session", { headers: { "Reflex-Client-Token": getToken() } })).json();

// The session on screen: the server puts it behind the tab's token ("" signed out, undefined not known yet).
export const shownSession = () => getToken().split("~")[1];
