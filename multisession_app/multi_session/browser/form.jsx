// The `HttpForm` and `Field` of components/form.py, and the `Form` inside, which confirm.jsx uses too.
import { createContext, createElement as h, useContext, useEffect, useRef, useState } from "react";
import { TextField } from "@radix-ui/themes";
import { askInTabsName, get, post } from "$/utils/multi_session/http";
import { say, tellOtherTabs } from "$/utils/multi_session/tab";

const Refusal = createContext({});

// Posts, and returns the server's refusal, or undefined if it was done.
export const refusalOf = async (path, body) => {
  const response = await post(path, body);
  const answer = await response.json();
  // The account on screen is no longer the active one, and this tab has not heard of it. Make the server tell it.
  if (answer.code === "SESSION_CHANGED") askInTabsName().catch(() => undefined);
  return response.ok ? undefined : answer;
};

// The form's fields by name: text as a string, a checkbox as true or false, or the other way round if a tick means no.
const fieldsOf = (form) => {
  const fields = Object.fromEntries(new FormData(form));
  for (const box of form.querySelectorAll("[type=checkbox]")) fields[box.name] = box.checked !== (box.dataset.means === "no");
  return fields;
};

// Gives its fields to `send`, once at a time. A refusal that comes back is shown and takes the focus; what was typed
// stays. Without a refusal, a form that `clears` is emptied.
export function Form({ send, clears, takesFocus, unreachable, children, ...props }) {
  const [refusal, setRefusal] = useState({});
  const [isPending, setPending] = useState(false);
  const sending = useRef(false);
  const form = useRef(null);
  const message = useRef(null);
  const sender = useRef(null);

  useEffect(() => {
    const first = form.current.querySelector("input:placeholder-shown");
    if (takesFocus && first && !form.current.contains(document.activeElement)) first.focus();
  }, [takesFocus]);

  useEffect(() => {
    // The element that had the focus lost it while it was disabled.
    if (!isPending && document.activeElement === document.body) sender.current?.focus();
  }, [isPending]);

  useEffect(() => {
    // With the focus on its field, or on the message itself, a screen reader reads the refusal out.
    if (refusal.message) (form.current.elements[refusal.field] ?? message.current)?.focus();
  }, [refusal]);

  const onSubmit = async (event) => {
    event.preventDefault();
    // A ref, not state: a second click may come before React has rendered the first.
    if (sending.current) return;
    sending.current = true;
    sender.current = document.activeElement;
    const fields = fieldsOf(event.currentTarget);
    setRefusal({});
    setPending(true);
    const refused = await send(fields).catch(() => ({}));
    sending.current = false;
    setPending(false);
    if (refused) setRefusal({ field: refused.field, message: refused.message || unreachable });
    else if (clears) form.current?.reset();
  };

  const isOfForm = refusal.message && !form.current?.elements[refusal.field];
  return h(
    "form",
    { ...props, ref: form, method: "post", noValidate: true, onSubmit, "aria-busy": isPending, "data-pending": isPending || undefined },
    isOfForm && h("p", { ref: message, role: "alert", tabIndex: -1, className: "ms-error" }, refusal.message),
    h("fieldset", { disabled: isPending, className: "ms-fields" }, h(Refusal.Provider, { value: refusal }, children)),
  );
}

// Sends its fields as JSON to `path`. With `next` the whole page is then loaded anew there: password managers take
// that for a successful sign-in, and nothing typed before outlives it. Without `next` the form stays and shows
// the notice `saved`. With `renews` the answer brings a new cookie, and what was typed is cleared.
export function HttpForm({ path, next, saved, renews, sessionId, cookiesBlocked, ...props }) {
  const send = async (fields) => {
    const refused = await refusalOf(path, { ...fields, sessionId });
    if (refused) return refused;
    // This is the first use of the new cookie, and proves that the browser took it.
    if ((next || renews) && !(await (await get("/get-session")).json())) return { message: cookiesBlocked };
    if (!next) {
      say(saved);
      return undefined;
    }
    tellOtherTabs();
    window.location.assign(next);
    // Never settle, so that nothing more can be sent until the page has gone.
    return new Promise(() => {});
  };
  return h(Form, { ...props, send, clears: renews });
}

// A labelled input. What the server refuses about it stands below and is read out with it.
export function Field({ name, label, hint, showLabel, ...props }) {
  const [isShown, setShown] = useState(false);
  const refusal = useContext(Refusal);
  const error = refusal.field === name ? refusal.message : "";
  const id = `ms-${name}`;
  const described = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ");
  return h(
    "div",
    { className: "ms-field" },
    h("label", { htmlFor: id }, label),
    h(
      TextField.Root,
      {
        ...props,
        id,
        name,
        size: "3",
        // Without a placeholder, `:placeholder-shown` would not match an empty input.
        placeholder: " ",
        type: showLabel && !isShown ? "password" : "text",
        "aria-invalid": error ? true : undefined,
        "aria-describedby": described || undefined,
        color: error ? "red" : undefined,
      },
      showLabel && h(TextField.Slot, { side: "right" }, h(Eye, { showLabel, isShown, setShown })),
    ),
    error && h("p", { id: `${id}-error`, className: "ms-field-error" }, error),
    hint && h("p", { id: `${id}-hint`, className: "ms-hint" }, hint),
  );
}

function Eye({ showLabel, isShown, setShown }) {
  return h(
    "button",
    { type: "button", className: "ms-eye", "aria-label": showLabel, "aria-pressed": isShown, onClick: () => setShown(!isShown) },
    h(
      "svg",
      { viewBox: "0 0 24 24", width: 18, height: 18, fill: "none", stroke: "currentColor", strokeWidth: 2, "aria-hidden": true },
      h("path", { d: "M2 12s3.6-7 10-7 10 7 10 7-3.6 7-10 7-10-7-10-7Z" }),
      h("circle", { cx: 12, cy: 12, r: 3 }),
      !isShown && h("path", { d: "M4 4l16 16" }),
    ),
  );
}
