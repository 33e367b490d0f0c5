// Used by tab.jsx: tells the server for which account an event is meant (see websocket/fence.py).
import { useEffect } from "react";
import { eventLoop } from "$/utils/context-registry";

// The session on screen, "" if signed out; undefined until that is known. Each event takes it along from where it is
// made, since it may be sent later: an event that is debounced, or made while the line is cut.
let shown;
export const shownSession = () => shown;

const stamp = (events) => (Array.isArray(events) ? events.map(stamp) : events && { shown, ...events });

// Reflex 0.10.1 sends what components do through this, and puts its own function there at each render. In development
// this module may be run again, around what it was before.
let { addEvents } = eventLoop;
Object.defineProperty(eventLoop, "addEvents", {
  configurable: true,
  get: () => (events, ...more) => addEvents(stamp(events), ...more),
  set: (next) => {
    addEvents = next;
  },
});

// Acknowledges in the very task in which React has put a snapshot on screen, so that no click comes between. The effect
// runs behind what the page before does as it goes, and ahead of what the new one does as it comes: Reflex 0.10.1 puts
// the page behind this component. What the browser sends keeps its order, so that the server knows what was sent before.
export const useAcknowledgement = (sessionId, shownAt, snapshotId, onShow) => {
  useEffect(() => {
    shown = shownAt ? sessionId : undefined;
  }, [sessionId, shownAt]);
  useEffect(() => {
    if (snapshotId) onShow(snapshotId);
  }, [snapshotId]);
};
