// A button whose action is asked about first, or for which the server wants the password.
import { createElement as h, Fragment, useRef, useState } from "react";
import { AlertDialog, Button, Flex, Spinner } from "@radix-ui/themes";
import { Field, Form, refusalOf } from "$/utils/multi_session/form";
import { say } from "$/utils/multi_session/tab";

const DOUBLE_CLICK_MS = 500;
let lastClick = -DOUBLE_CLICK_MS;

// Posts `body` to `path`: with `asks` after a dialog, else at once. Where the password was not entered for long the
// server refuses: it is then asked for in the dialog, and the action goes on by itself. An action that
// `takesPassword` asks for it always.
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
    // A status that comes while a dialog hides the page is read out to nobody: it is said when that has gone.
    if (isOpen) outcome.current = done;
    else say(done);
    setOpen(false);
    return undefined;
  };

  const send = async ({ password }) => {
    // The second click of two, on a dialog that is closing.
    if (!isOpen) return undefined;
    if (takesPassword) return act({ password });
    if (needsPassword) {
      const refused = await refusalOf("/reauthenticate", { password, sessionId });
      if (refused) return refused;
      // What is posted next is the first use of the new cookie, by which the sockets of the old one are called back.
    }
    return act();
  };

  const onClick = async () => {
    setNeedsPassword(false);
    if (asks) return setOpen(true);
    // The second click of two may meet the row that moved up.
    const isDouble = performance.now() - lastClick < DOUBLE_CLICK_MS;
    lastClick = performance.now();
    if (isDouble || isPending) return;
    setPending(true);
    const refused = await act().catch(() => ({}));
    setPending(false);
    if (refused) say(refused.message || unreachable);
  };

  const onEscapeKeyDown = (event) => {
    // What is on its way has an outcome, and that is shown here.
    if (content.current.querySelector("[aria-busy=true]")) event.preventDefault();
  };

  const onCloseAutoFocus = (event) => {
    event.preventDefault();
    // Where the button has gone with its row, the focus goes to what was around it.
    if (opener.current?.isConnected) opener.current.focus();
    if (outcome.current) say(outcome.current);
    outcome.current = "";
  };

  const hasField = takesPassword || needsPassword;
  return h(
    Fragment,
    null,
    // Busy, but not disabled: it would lose the focus.
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
              // Tells password managers whose password it is.
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
