// The browser's half of the kit: forms whose passwords go by HTTP only, and the word to the other tabs.
import { createElement as h, useEffect, useRef, useState } from "react";
import { TextField } from "@radix-ui/themes";
import env from "$/env.json";
import { getBackendURL, getToken } from "$/utils/state";

// One for the document, since a channel does not hear itself but another one of the same document would.
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("multi-session");
const TIMEOUT_MS = 20000;

const api = (path) => {
  const url = getBackendURL(env.PING);
  url.pathname = "/api/auth" + path;
  return url;
};

const call = (path, options) =>
  fetch(api(path), { credentials: "include", cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS), ...options });

const post = (path, body) =>
  call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

// Sends its fields as JSON to `path`. On success the whole page is loaded anew at `next`: password managers take
// that for a successful sign-in, and nothing typed before outlives it.
export function AuthForm({ path, next, sessionId, unreachable, cookiesBlocked, children, ...props }) {
  const [error, setError] = useState("");
  const [isPending, setPending] = useState(false);
  const sending = useRef(false);
  const message = useRef(null);

  useEffect(() => {
    if (error) message.current?.focus();
  }, [error]);

  const refuse = (text) => {
    sending.current = false;
    setPending(false);
    setError(text);
  };

  const onSubmit = async (event) => {
    event.preventDefault();
    // A ref, since a second click may come before React has drawn the first.
    if (sending.current) return;
    sending.current = true;
    const fields = Object.fromEntries(new FormData(event.currentTarget));
    setError("");
    setPending(true);
    try {
      const response = await post(path, { ...fields, sessionId });
      const answer = await response.json();
      if (!response.ok) return refuse(answer.message || unreachable);
      // The first use of the new cookie, and the proof that the browser took it.
      const session = await (await call("/get-session")).json();
      if (!session) return refuse(cookiesBlocked);
      channel?.postMessage("signed in");
      window.location.assign(next);
    } catch {
      refuse(unreachable);
    }
  };

  return h(
    "form",
    { ...props, method: "post", noValidate: true, onSubmit, "aria-busy": isPending, "data-pending": isPending || undefined },
    // Not the browser's first focus, but the person's next: it is read out and the fields follow.
    error && h("p", { ref: message, role: "alert", tabIndex: -1, className: "ms-error" }, error),
    h("fieldset", { disabled: isPending, className: "ms-fields" }, children),
  );
}

export function PasswordField({ showLabel, ...props }) {
  const [isShown, setShown] = useState(false);
  return h(
    TextField.Root,
    { ...props, size: "3", type: isShown ? "text" : "password" },
    h(
      TextField.Slot,
      { side: "right" },
      h(
        "button",
        {
          type: "button",
          className: "ms-eye",
          "aria-label": showLabel,
          "aria-pressed": isShown,
          onClick: () => setShown(!isShown),
        },
        h(
          "svg",
          { viewBox: "0 0 24 24", width: 18, height: 18, fill: "none", stroke: "currentColor", strokeWidth: 2, "aria-hidden": true },
          h("path", { d: "M2 12s3.6-7 10-7 10 7 10 7-3.6 7-10 7-10-7-10-7Z" }),
          h("circle", { cx: 12, cy: 12, r: 3 }),
          !isShown && h("path", { d: "M4 4l16 16" }),
        ),
      ),
    ),
  );
}

// Another tab of this browser has signed in. Its cookie is ours too, but our socket was opened without it: a request
// that names this tab lets the server call the socket back.
export function TabSync() {
  useEffect(() => {
    const onMessage = () =>
      call("/get-session", { headers: { "Reflex-Client-Token": getToken() } }).catch(() => undefined);
    channel?.addEventListener("message", onMessage);
    // A page out of the back/forward cache shows what was true when it was left.
    const onPageShow = (event) => event.persisted && window.location.reload();
    window.addEventListener("pageshow", onPageShow);
    return () => {
      channel?.removeEventListener("message", onMessage);
      window.removeEventListener("pageshow", onPageShow);
    };
  }, []);
  return null;
}
