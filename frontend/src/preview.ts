/* The preview follows the writing. The server renders it, so it is exactly what will be published. */
import { debounced, find } from "./dom";

export function setUpPreview(): void {
  const form = find("form[data-editor]", HTMLFormElement);
  const pane = find("[data-preview-pane]", HTMLElement);
  const target = find("[data-preview-target]", HTMLElement);
  const body = form && find("textarea[name=body]", HTMLTextAreaElement, form);
  const address = form?.dataset["preview"];
  if (!form || !pane || !target || !body || !address) return;

  // Side by side: the two stand in one grid, and the button that asks the server for a page is needless.
  const desk = document.createElement("div");
  desk.className = "desk";
  form.before(desk);
  desk.append(form, pane);
  pane.hidden = false;
  const button = find("[data-preview-button]", HTMLButtonElement, form);
  if (button) button.hidden = true;

  let running: AbortController | null = null;
  const refresh = async (): Promise<void> => {
    running?.abort();
    running = new AbortController();
    try {
      const answer = await fetch(address, {
        method: "POST",
        body: new URLSearchParams({ body: body.value }),
        signal: running.signal,
        redirect: "error", // to the sign-in page, which is no preview
      });
      // What fails here is said when the form is sent; the last good preview stays.
      if (answer.ok) target.innerHTML = body.value.trim() ? await answer.text() : "";
    } catch (error) {
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
    }
  };
  form.addEventListener("input", debounced(300, () => void refresh()));
  if (body.value.trim()) void refresh();
}
