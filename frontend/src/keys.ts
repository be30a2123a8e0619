/* "/" goes to the search box; Ctrl+Enter sends a comment; an error summary takes the focus, so that it is read first. */
import { find } from "./dom";

export function setUpKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target)) toSearch(event);
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send(event.target);
  });
  find("[data-summary]", HTMLElement)?.focus();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

function toSearch(event: KeyboardEvent): void {
  for (const input of document.querySelectorAll<HTMLInputElement>("input[data-find]")) {
    if (!input.checkVisibility()) continue;
    event.preventDefault();
    input.focus();
    input.select();
    return;
  }
}

function send(target: EventTarget | null): void {
  if (target instanceof HTMLTextAreaElement) target.closest<HTMLFormElement>("form[data-quick-submit]")?.requestSubmit();
}
