// Used by tab.jsx: gives the focus a place when the element that had it vanishes with its row, notice or page. Browsers
// leave the focus nowhere, and a screen reader then begins at the top of the page.
import { useEffect } from "react";

const PLACES = "ul, form, section, main";

export const useKeptFocus = () =>
  useEffect(() => {
    let focused = null;
    let path = [];
    const onFocusIn = ({ target }) => {
      focused = target;
      // From a notice or a dialog the focus returns to where it was before, so keep that path.
      if (target.closest(".ms-notices, [role=alertdialog]")) return;
      path = [];
      for (let one = target; one; one = one.parentElement) path.push(one);
    };
    // Somebody who clicks elsewhere takes the focus away on purpose.
    const onPointerDown = () => (focused = null);
    const keep = () => {
      if (!focused || focused.isConnected || document.activeElement !== document.body) return;
      // Not to the next button: a second press of Enter, meant for the one that has gone, would press it.
      const place = path.find((one) => one.isConnected && (one === path[0] || one.matches(PLACES))) ?? document.querySelector("main");
      if (!place) return;
      if (place.tabIndex < 0) place.tabIndex = -1;
      place.focus({ preventScroll: true });
    };
    // In a timeout, because menus and forms that come or go first give the focus a place themselves.
    const observer = new MutationObserver(() => focused && !focused.isConnected && setTimeout(keep));
    observer.observe(document.body, { childList: true, subtree: true });
    document.addEventListener("focusin", onFocusIn);
    document.addEventListener("pointerdown", onPointerDown, true);
    return () => {
      observer.disconnect();
      document.removeEventListener("focusin", onFocusIn);
      document.removeEventListener("pointerdown", onPointerDown, true);
    };
  }, []);
