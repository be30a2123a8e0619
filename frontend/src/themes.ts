/* The colours change at once; the same form is sent behind it, so that the next page knows. */
import { find } from "./dom";

export function setUpThemes(): void {
  const form = find("form[data-themes]", HTMLFormElement);
  if (!form) return;
  form.addEventListener("submit", (event) => {
    const pressed = event.submitter;
    if (!(pressed instanceof HTMLButtonElement) || pressed.name !== "theme") return;
    event.preventDefault();
    document.documentElement.dataset["theme"] = pressed.value;
    for (const button of form.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button === pressed));
    }
    // The language switch sends the theme along.
    for (const input of document.querySelectorAll<HTMLInputElement>("input[type=hidden][name=theme]")) {
      input.value = pressed.value;
    }
    const fields = new URLSearchParams({ theme: pressed.value });
    for (const input of form.querySelectorAll("input")) fields.set(input.name, input.value);
    fetch(form.action, { method: "POST", body: fields, redirect: "manual" }).catch(() => undefined);
  });
}
