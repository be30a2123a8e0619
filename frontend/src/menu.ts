/* The menu is a <details>; a script only adds what people expect of a menu: Escape and a click beside it close it. */
import { find } from "./dom";

export function setUpMenu(): void {
  const menu = find("details[data-menu]", HTMLDetailsElement);
  if (!menu) return;
  document.addEventListener("click", (event) => {
    if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    find("summary", HTMLElement, menu)?.focus();
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget instanceof Node && !menu.contains(event.relatedTarget)) menu.open = false;
  });
}
