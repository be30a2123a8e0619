/* The upload form, with dropping and progress. XMLHttpRequest, because fetch cannot tell how much was sent. */
import { find } from "./dom";

export function setUpUpload(): void {
  const form = find("form[data-upload]", HTMLFormElement);
  const input = form && find("input[type=file]", HTMLInputElement, form);
  const box = form && find(".drop", HTMLElement, form);
  if (!form || !input || !box) return;
  acceptDrops(box, input);
  const hint = find("[data-drop-hint]", HTMLElement, form);
  if (hint) {
    hint.textContent = form.dataset["textDrop"] ?? "";
    hint.hidden = false;
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const limit = Number(form.dataset["max"]);
    const large = [...(input.files ?? [])].find((file) => file.size > limit);
    if (large) tell(form, `${form.dataset["textLarge"] ?? ""} ${large.name}`);
    else send(form);
  });
}

function acceptDrops(box: HTMLElement, input: HTMLInputElement): void {
  for (const name of ["dragenter", "dragover"]) {
    box.addEventListener(name, (event) => {
      event.preventDefault();
      box.classList.add("over");
    });
  }
  box.addEventListener("dragleave", () => box.classList.remove("over"));
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    box.classList.remove("over");
    if (event.dataTransfer?.files.length) input.files = event.dataTransfer.files;
  });
}

function send(form: HTMLFormElement): void {
  const bar = find("progress", HTMLProgressElement, form);
  const button = find("button[type=submit]", HTMLButtonElement, form);
  const fail = (): void => {
    if (button) button.disabled = false;
    tell(form, form.dataset["textFailed"] ?? "");
  };
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.responseType = "json";
  request.upload.addEventListener("progress", (event) => {
    const percent = event.lengthComputable ? Math.floor((100 * event.loaded) / event.total) : 0;
    if (bar) bar.value = percent;
    tell(form, `${percent} %`);
  });
  request.addEventListener("error", fail);
  request.addEventListener("load", () => {
    if (request.status === 201) location.assign(form.dataset["next"] ?? "/");
    else {
      fail();
      const detail: unknown = request.response?.detail; // problem+json says what was wrong
      if (typeof detail === "string") tell(form, detail);
    }
  });
  if (button) button.disabled = true;
  tell(form, "0 %");
  request.send(new FormData(form));
}

function tell(form: HTMLFormElement, text: string): void {
  const place = find("[data-progress]", HTMLElement, form);
  const words = find("[data-progress-text]", HTMLElement, form);
  if (place) place.hidden = false;
  if (words) words.textContent = text;
}
