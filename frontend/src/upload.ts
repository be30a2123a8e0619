/* The page of the upload form; the uploader is fetched there alone, for it is larger than all the rest. */
import { find } from "./dom";

export function setUpUpload(): void {
  const form = find("form[data-upload]", HTMLFormElement);
  const input = form && find("input[type=file]", HTMLInputElement, form);
  const box = form && find(".drop", HTMLElement, form);
  if (!form || !input || !box) return;
  void import("./uploads/uploader").then(({ takeOver }) => {
    takeOver(form, input, box);
    const hint = find("[data-drop-hint]", HTMLElement, form);
    if (!hint) return;
    hint.textContent = form.dataset["textDrop"] ?? "";
    hint.hidden = false;
  });
}
