// Calls when it comes on the page, and whenever the value changes while it is there.
import { useEffect } from "react";

export function Watch({ value, onChange }) {
  useEffect(() => {
    onChange();
  }, [value]);
  return null;
}
