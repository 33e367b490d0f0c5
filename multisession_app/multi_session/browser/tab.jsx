// The `Tab` of components/tab.py: what each tab does by itself. It hears of sign-ins in other tabs, hides what may be
// over, and says when nothing can be sent. form.jsx and confirm.jsx use its `say` and `tellOtherTabs`.
import { createElement as h, useEffect, useRef, useState } from "react";
import { shownSession, useAcknowledgement } from "$/utils/multi_session/fence";
import { useKeptFocus } from "$/utils/multi_session/focus";
import { askInTabsName, letCookieEnd, post } from "$/utils/multi_session/http";
import { useSwitching } from "$/utils/multi_session/switching";

// One channel for the document: a second one here would hear the messages of the first.
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("multi-session");
const LOOK_MS = 3000;

export const tellOtherTabs = () => channel?.postMessage("signed in");

let show = () => {};
// Shows a notice that the server does not know of, in the status region.
export const say = (text) => show(text);

// By HTTP, because only an HTTP answer can tell the browser to empty its cache.
let isSigningOut = false;
export const signOutOfAll = async (unreachable) => {
  if (isSigningOut) return;
  isSigningOut = true;
  try {
    const response = await post("/multi-session/revoke-all", { sessionId: shownSession() });
    if (!response.ok) say((await response.json()).message);
  } catch {
    say(unreachable);
  } finally {
    isSigningOut = false;
  }
};

// When another tab of this browser signs in, its cookie is ours too, but our socket was opened without it. The request
// makes the server call that socket back.
const useOtherTabs = () =>
  useEffect(() => {
    const onMessage = () => askInTabsName().catch(() => undefined);
    channel?.addEventListener("message", onMessage);
    return () => channel?.removeEventListener("message", onMessage);
  }, []);

const useCookieEnd = (sessionId) => {
  const before = useRef("");
  useEffect(() => {
    if (before.current && !sessionId) letCookieEnd();
    before.current = sessionId;
  }, [sessionId]);
};

// The back/forward cache keeps a page as it was left. So the page is left blank, and loaded anew when it comes back.
const usePageCache = () =>
  useEffect(() => {
    const { classList } = document.documentElement;
    const onPageHide = () => classList.add("ms-hidden");
    const onPageShow = (event) => (event.persisted ? window.location.reload() : classList.remove("ms-hidden"));
    window.addEventListener("pagehide", onPageHide);
    window.addEventListener("pageshow", onPageShow);
    return () => {
      window.removeEventListener("pagehide", onPageHide);
      window.removeEventListener("pageshow", onPageShow);
    };
  }, []);

const useOnLine = () => {
  const [isOnLine, setOnLine] = useState(true);
  useEffect(() => {
    const look = () => setOnLine(navigator.onLine);
    look();
    window.addEventListener("online", look);
    window.addEventListener("offline", look);
    return () => {
      window.removeEventListener("online", look);
      window.removeEventListener("offline", look);
    };
  }, []);
  return isOnLine;
};

// Without a connection, actions are refused: Reflex would queue them, and they would run later as a surprise. Links are
// refused too: for a page not loaded before, the browser would show its own error and lose what was typed in this one.
const useRefusals = (isOffline, notSent) =>
  useEffect(() => {
    if (!isOffline) return undefined;
    const refuse = (event) => {
      if (!event.target.closest("[data-needs-connection], a[href^='/']")) return;
      event.preventDefault();
      event.stopPropagation();
      say(notSent);
    };
    document.addEventListener("click", refuse, true);
    document.addEventListener("submit", refuse, true);
    return () => {
      document.removeEventListener("click", refuse, true);
      document.removeEventListener("submit", refuse, true);
    };
  }, [isOffline, notSent]);

// After a long time offline or asleep the account may have ended: the page is covered until the server has answered.
const useCover = (isOffline, coverAfter) => {
  const [isCovered, setCovered] = useState(false);
  useEffect(() => {
    if (!isOffline) return undefined;
    const timer = setTimeout(setCovered, coverAfter, true);
    return () => clearTimeout(timer);
  }, [isOffline, coverAfter]);
  useEffect(() => {
    let last = Date.now();
    const timer = setInterval(() => {
      // Browsers run the timers of hidden tabs only once a minute. A longer gap means that the machine slept.
      if (Date.now() - last > coverAfter) setCovered(true);
      last = Date.now();
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [coverAfter]);
  useEffect(() => {
    if (!isCovered) return undefined;
    let wrong = 0;
    const look = async () => {
      try {
        const answer = await askInTabsName();
        if ((answer?.session.id ?? "") === shownSession()) setCovered(false);
        // That request made the server call the socket back. If nothing follows, the socket is dead.
        else if (++wrong > 1) window.location.reload();
      } catch {
        // Still no connection.
      }
    };
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [isCovered]);
  return isCovered;
};

// React Router sets each page's title; this adds the account's name behind it.
const useTitle = (account) =>
  useEffect(() => {
    if (!account) return undefined;
    const suffix = ` · ${account}`;
    const bare = () => (document.title.endsWith(suffix) ? document.title.slice(0, -suffix.length) : document.title);
    const name = () => {
      if (!document.title.endsWith(suffix)) document.title += suffix;
    };
    name();
    const observer = new MutationObserver(name);
    observer.observe(document.head, { childList: true, subtree: true, characterData: true });
    return () => {
      observer.disconnect();
      document.title = bare();
    };
  }, [account]);

export function Tab({ account, sessionId, shownAt, snapshotId, onShow, hasErrors, coverAfter, children, ...words }) {
  const { offline, notSent, covered, dismiss } = words;
  const [notice, setNotice] = useState({ count: 0, text: "" });
  const isOffline = !useOnLine() || hasErrors;
  const dialog = useRef(null);
  useAcknowledgement(sessionId, shownAt, snapshotId, onShow);
  useOtherTabs();
  useCookieEnd(sessionId);
  usePageCache();
  useTitle(account);
  useKeptFocus();
  useRefusals(isOffline, notSent);
  useSwitching(sessionId, shownAt, isOffline);
  const isCovered = useCover(isOffline, coverAfter);

  useEffect(() => {
    show = (text) => setNotice(({ count }) => ({ count: count + 1, text }));
  }, []);
  useEffect(() => {
    if (isCovered) dialog.current.showModal();
    else dialog.current.close();
  }, [isCovered]);

  return h(
    "div",
    { className: "ms-notices" },
    h(
      "div",
      { role: "status" },
      isOffline && h("div", { className: "ms-notice", key: "offline" }, offline),
      notice.text &&
        h(
          "div",
          { className: "ms-notice", "data-kind": "switched", key: notice.count },
          h("span", null, notice.text),
          h("button", { type: "button", "aria-label": dismiss, onClick: () => setNotice({ ...notice, text: "" }) }, "×"),
        ),
    ),
    children,
    // Modal, so that nothing behind it can be seen, reached or read out.
    h("dialog", { ref: dialog, className: "ms-cover", onCancel: (event) => event.preventDefault() }, h("p", null, covered)),
  );
}
