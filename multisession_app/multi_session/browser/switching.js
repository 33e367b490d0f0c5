// Used by tab.jsx: while a switch is on its way, from the click on and not only from its answer, the chosen row and the
// user button are busy, and nothing of the old account's page can be sent.
import { useEffect } from "react";

const GIVE_UP_MS = 15000;
let busy = [];
let timer;

const end = () => {
  clearTimeout(timer);
  for (const element of busy) element.removeAttribute("aria-busy");
  busy = [];
};

const begin = (chosen) => {
  end();
  busy = [chosen, ...document.querySelectorAll(".ms-trigger")];
  for (const element of busy) element.setAttribute("aria-busy", "true");
  timer = setTimeout(end, GIVE_UP_MS);
};

// The switch is over when another account is on screen, or when the server has named the same one again: the switch
// was refused, or another tab has switched back meanwhile.
export const useSwitching = (sessionId, shownAt, isOffline) => {
  useEffect(end, [sessionId, shownAt]);
  useEffect(() => {
    if (isOffline) return undefined;
    const onAction = (event) => {
      const chosen = event.type === "click" && event.target.closest("[data-switches]");
      // The second click of a double click may hit the row that moved up.
      if (chosen ? busy.includes(chosen) || event.detail > 1 : busy.length && event.target.closest("main")) {
        event.preventDefault();
        event.stopPropagation();
      } else if (chosen && chosen.getAttribute("aria-checked") !== "true") begin(chosen);
    };
    document.addEventListener("click", onAction, true);
    document.addEventListener("submit", onAction, true);
    return () => {
      end();
      document.removeEventListener("click", onAction, true);
      document.removeEventListener("submit", onAction, true);
    };
  }, [isOffline]);
};
