// The `Watch` of components/watch.py: runs a handler when it comes on the page, and whenever the value changes.
import { useEffect } from "react";

export function Watch({ value, onChange }) {
  useEffect(() => {
    onChange();
  }, [value]);
  return null;
}
