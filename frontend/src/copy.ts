/* Copy buttons beside an address; hidden in the page, because they need a script and a secure context. */

export function setUpCopying(): void {
  if (!navigator.clipboard) return;
  for (const box of document.querySelectorAll("[data-copy]")) {
    const input = box.querySelector("input");
    const button = box.querySelector("button");
    if (!input || !button) continue;
    button.hidden = false;
    button.addEventListener("click", () => void copy(input, button));
  }
}

async function copy(input: HTMLInputElement, button: HTMLButtonElement): Promise<void> {
  // The shown address is short; what people paste elsewhere must be whole.
  await navigator.clipboard.writeText(new URL(input.value, location.href).href);
  const before = [...button.childNodes];
  button.textContent = button.dataset["textDone"] ?? "";
  button.disabled = true;
  window.setTimeout(() => {
    button.replaceChildren(...before);
    button.disabled = false;
    button.focus();
  }, 1500);
}
