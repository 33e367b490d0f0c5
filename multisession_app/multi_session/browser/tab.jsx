// What each tab does by itself: hears of sign-ins elsewhere, hides what may be over, says when nothing can be sent.
import { createElement as h, useEffect, useRef, useState } from "react";
import { useKeptFocus } from "$/utils/multi_session/focus";
import { askInTabsName, post, shownSession } from "$/utils/multi_session/http";
import { useSwitching } from "$/utils/multi_session/switching";

// One for the document, since a channel does not hear itself but another one of the same document would.
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("multi-session");
const LOOK_MS = 3000;

export const tellOtherTabs = () => channel?.postMessage("signed in");

let show = () => {};
// Says something that the server does not know of, in the status region.
export const say = (text) => show(text);

// By HTTP, since only its answer can tell the browser to empty its cache.
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

// Another tab of this browser has signed in. Its cookie is ours too, but our socket was opened without it.
const useOtherTabs = () =>
  useEffect(() => {
    const onMessage = () => askInTabsName().catch(() => undefined);
    channel?.addEventListener("message", onMessage);
    return () => channel?.removeEventListener("message", onMessage);
  }, []);

// The back/forward cache keeps a page as it was left: it is left blank, and loaded anew.
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

// What would only be queued and come as a surprise later is refused while there is no connection. So is a link: the
// browser would put its own error in place of a page that was not loaded before, and of what was typed in this one.
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

// After a long time without the server, or asleep, the account may have ended: the page is covered until it is known.
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
      // Browsers run the timers of hidden tabs once a minute: only what is longer is sleep.
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
        // The socket is called back by that request; one that does not hear it is dead.
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

// React Router writes each page's title; the account's name comes behind it.
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

export function Tab({ account, sessionId, shownAt, hasErrors, coverAfter, offline, notSent, covered, dismiss, children }) {
  const [notice, setNotice] = useState({ count: 0, text: "" });
  const isOffline = !useOnLine() || hasErrors;
  const dialog = useRef(null);
  useOtherTabs();
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
    // Modal: nothing behind it can be seen, reached or read out.
    h("dialog", { ref: dialog, className: "ms-cover", onCancel: (event) => event.preventDefault() }, h("p", null, covered)),
  );
}
