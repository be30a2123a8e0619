/* Lists of files: how many are ticked, all of them at once, and orders that apply when they are chosen. */
import { find } from "./dom";

export function setUpTicking(): void {
  for (const select of document.querySelectorAll<HTMLSelectElement>("select[data-submit]")) {
    select.addEventListener("change", () => select.form?.requestSubmit());
  }
  const form = find("form[data-ticking]", HTMLFormElement);
  const panel = find("fieldset.many", HTMLFieldSetElement);
  if (form && panel) follow(form, panel);
}

function follow(form: HTMLFormElement, panel: HTMLFieldSetElement): void {
  const legend = find("legend", HTMLElement, panel);
  const all = find(".all:not(:has([name]))", HTMLLabelElement, panel);
  const every = find(".all input:not([name])", HTMLInputElement, panel);
  if (!legend || !all || !every) return;
  const boxes = [...form.querySelectorAll<HTMLInputElement>('input[name="id"], input[name="folders"]')];
  const wholes = [...panel.querySelectorAll<HTMLInputElement>('input[name="all"]')];
  const usual = legend.textContent;
  const show = (): void => {
    const chosen = wholes.filter((box) => box.checked);
    // What a whole list holds stands for its boxes on this page.
    const alone = boxes.filter((box) => box.checked && !chosen.some((whole) => whole.value === kind(box)));
    const count = chosen.reduce((sum, box) => sum + Number(box.dataset["count"]), alone.length);
    const text = (count === 1 ? panel.dataset["textOne"] : panel.dataset["textMore"]) ?? "";
    legend.textContent = count ? text.replace("{}", count.toLocaleString(document.documentElement.lang)) : usual;
    panel.classList.toggle("some", count > 0);
    const ticked = boxes.filter((box) => box.checked).length;
    every.checked = ticked === boxes.length;
    every.indeterminate = ticked > 0 && ticked < boxes.length;
    for (const button of panel.querySelectorAll("button")) button.disabled = count === 0;
  };
  all.hidden = false;
  legend.setAttribute("aria-live", "polite");
  every.addEventListener("change", () => {
    for (const box of boxes) box.checked = every.checked;
    show();
  });
  form.addEventListener("change", show);
  show();
  // A page that the browser kept is shown as it was left.
  window.addEventListener("pageshow", show);
}

/** Which of the whole lists a box belongs to. */
function kind(box: HTMLInputElement): string {
  return box.name === "id" ? "files" : "folders";
}
