// The `Confirm` of components/confirm.py: a button with a dialog that asks before the action, or for the password.
import { createElement as h, Fragment, useRef, useState } from "react";
import { AlertDialog, Button, Flex, Spinner } from "@radix-ui/themes";
import { Field, Form, refusalOf } from "$/utils/multi_session/form";
import { say } from "$/utils/multi_session/tab";

const DOUBLE_CLICK_MS = 500;
let lastClick = -DOUBLE_CLICK_MS;

// Posts `body` to `path`: with `asks` after a dialog, else at once. If the server refuses because it wants a recent
// password entry, the dialog asks for the password and the action is repeated by itself. With `takesPassword` the
// dialog always asks for it.
export function Confirm({
  path,
  body,
  sessionId,
  done,
  asks,
  takesPassword,
  heading,
  text,
  submit,
  cancel,
  username,
  passwordLabel,
  passwordHint,
  showPassword,
  unreachable,
  children,
  ...button
}) {
  const [isOpen, setOpen] = useState(false);
  const [needsPassword, setNeedsPassword] = useState(false);
  const [isPending, setPending] = useState(false);
  const opener = useRef(null);
  const content = useRef(null);
  const outcome = useRef("");

  const act = async (fields) => {
    const refused = await refusalOf(path, { ...body, ...fields, sessionId });
    if (refused?.code === "SESSION_NOT_FRESH") {
      setNeedsPassword(true);
      setOpen(true);
      return undefined;
    }
    if (refused) return refused;
    // While the dialog hides the page, no screen reader announces a status. Show it once the dialog has gone.
    if (isOpen) outcome.current = done;
    else say(done);
    setOpen(false);
    return undefined;
  };

  const send = async ({ password }) => {
    // The second click of a double click, on a dialog that is closing.
    if (!isOpen) return undefined;
    if (takesPassword) return act({ password });
    if (needsPassword) {
      const refused = await refusalOf("/reauthenticate", { password, sessionId });
      if (refused) return refused;
      // The next post is the first use of the new cookie: the server then calls back the sockets of the old one.
    }
    return act();
  };

  const onClick = async () => {
    setNeedsPassword(false);
    if (asks) return setOpen(true);
    // The second click of a double click may hit the row that moved up.
    const isDouble = performance.now() - lastClick < DOUBLE_CLICK_MS;
    lastClick = performance.now();
    if (isDouble || isPending) return;
    setPending(true);
    const refused = await act().catch(() => ({}));
    setPending(false);
    if (refused) say(refused.message || unreachable);
  };

  const onEscapeKeyDown = (event) => {
    // Keep the dialog open while a request is on its way: its outcome is shown here.
    if (content.current.querySelector("[aria-busy=true]")) event.preventDefault();
  };

  const onCloseAutoFocus = (event) => {
    event.preventDefault();
    // If the button has gone with its row, focus.js gives the focus to what was around it.
    if (opener.current?.isConnected) opener.current.focus();
    if (outcome.current) say(outcome.current);
    outcome.current = "";
  };

  const hasField = takesPassword || needsPassword;
  return h(
    Fragment,
    null,
    // Busy, but not disabled: a disabled button would lose the focus.
    h(Button, { ...button, ref: opener, type: "button", loading: isPending, disabled: false, "aria-haspopup": asks ? "dialog" : undefined, onClick }, children),
    h(
      AlertDialog.Root,
      { open: isOpen, onOpenChange: setOpen },
      h(
        AlertDialog.Content,
        { ref: content, maxWidth: "440px", onCloseAutoFocus, onEscapeKeyDown },
        h(AlertDialog.Title, { size: "4" }, heading),
        h(AlertDialog.Description, { size: "2", mb: "4" }, text),
        h(
          Form,
          { key: hasField, send, takesFocus: true, unreachable },
          hasField &&
            h(
              Fragment,
              null,
              // Tells password managers whose password this is.
              h("input", { type: "text", autoComplete: "username", value: username, readOnly: true, hidden: true }),
              h(Field, { name: "password", label: passwordLabel, hint: passwordHint, showLabel: showPassword, autoComplete: "current-password" }),
            ),
          h(
            Flex,
            { gap: "3", mt: "5", justify: "end", wrap: "wrap" },
            h(AlertDialog.Cancel, null, h(Button, { type: "button", variant: "soft", color: "gray" }, cancel)),
            h(Button, { type: "submit", className: button.color === "red" ? "ms-danger" : "" }, h("span", { className: "ms-spinner" }, h(Spinner)), submit),
          ),
        ),
      ),
    ),
  );
}
