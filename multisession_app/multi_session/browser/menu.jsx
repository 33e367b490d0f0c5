// The menus of components/menu.py: Radix's, but inside the landmark of their button, and left by Tab as the APG wants
// it. Radix 1.1 puts menus at the end of the page, outside of every landmark, and swallows Tab.
import { createContext, createElement as h, useContext, useState } from "react";
import { DropdownMenu } from "@radix-ui/themes";

const Around = createContext({});

export function Menu({ children, ...props }) {
  const [open, setOpen] = useState(false);
  const [container, setContainer] = useState(null);
  return h(
    "div",
    { ref: setContainer, className: "ms-menu-place" },
    h(
      Around.Provider,
      { value: { container, setOpen } },
      h(DropdownMenu.Root, { ...props, open, onOpenChange: setOpen }, children),
    ),
  );
}

export function MenuContent(props) {
  const { container, setOpen } = useContext(Around);
  // Keys pressed in a submenu come here too. Tab closes the menu and the focus returns to the button; the next Tab
  // goes on from there.
  const onKeyDown = (event) => event.key === "Tab" && setOpen(false);
  return h(DropdownMenu.Content, { ...props, container, onKeyDown });
}

export function SubmenuContent(props) {
  return h(DropdownMenu.SubContent, { ...props, container: useContext(Around).container });
}
