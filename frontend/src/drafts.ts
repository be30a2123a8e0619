/* Unsaved text is kept in this browser while one writes, offered again after a crash, and leaving the page is asked about.
   It is forgotten only when the answer says that it was saved: a session may have ended meanwhile, or the network.
   The key names the person, who is not the only one at this browser; signing out forgets all that is theirs. */
import { debounced, find } from "./dom";
import { keys, load, store } from "./storage";

const SENT = "www:sent";
const KEPT = "www:draft:"; // then the person's id, a colon, the post's id or "new"
const LEAVING = "www:leaving";
const SIGNED_OUT = /[?&]notice=signed_out\b/;
const SAVED = /[?&]notice=(saved|published|drafted)\b/;
const FIELDS = ["title", "body", "tags"] as const;
type Text = Partial<Record<(typeof FIELDS)[number], string>>;

export function setUpDrafts(): void {
  forgetSaved();
  forgetPerson();
  const form = find("form[data-editor]", HTMLFormElement);
  if (!form) return;
  const key = `${KEPT}${form.dataset["key"] ?? "new"}`;
  const first = JSON.stringify(read(form));
  let sending = false;

  offer(form, key, first);
  const keep = debounced(600, () => {
    if (sending || JSON.stringify(read(form)) === first) return;
    if (store(key, JSON.stringify(read(form)))) say(form, form.dataset["textKept"] ?? "");
  });
  form.addEventListener("input", keep);
  form.addEventListener("submit", () => {
    sending = true;
    store(key, JSON.stringify(read(form)));
    store(SENT, key);
  });
  window.addEventListener("storage", (event) => {
    // Signed out in another window: what is typed here from now on is nobody's to keep.
    const person = event.key === LEAVING && event.newValue === null ? event.oldValue : null;
    if (person && key.startsWith(`${KEPT}${person}:`)) sending = true;
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) sending = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!sending && JSON.stringify(read(form)) !== first) event.preventDefault();
  });
}

function forgetSaved(): void {
  const key = load(SENT);
  if (!key || !SAVED.test(location.search)) return;
  store(key, null);
  store(SENT, null);
}

function forgetPerson(): void {
  const leave = find("form[data-sign-out]", HTMLFormElement);
  leave?.addEventListener("submit", () => store(LEAVING, leave.dataset["signOut"] ?? ""));
  const person = load(LEAVING);
  if (!person || !SIGNED_OUT.test(location.search)) return;
  for (const key of keys()) if (key.startsWith(`${KEPT}${person}:`)) store(key, null);
  store(LEAVING, null);
}

function control(form: HTMLFormElement, name: string): HTMLInputElement | HTMLTextAreaElement | null {
  const found = form.elements.namedItem(name);
  return found instanceof HTMLInputElement || found instanceof HTMLTextAreaElement ? found : null;
}

function read(form: HTMLFormElement): Text {
  return Object.fromEntries(FIELDS.map((name) => [name, control(form, name)?.value ?? ""]));
}

function say(form: HTMLFormElement, text: string): void {
  const place = find("[data-kept]", HTMLElement, form);
  if (place) place.textContent = text;
}

/** Shows what an earlier visit left behind; nothing in the form changes before somebody asks for it. */
function offer(form: HTMLFormElement, key: string, first: string): void {
  const kept = load(key);
  if (!kept || kept === first) return;
  const box = document.createElement("div");
  box.className = "notice tools";
  box.setAttribute("role", "status");
  const text = document.createElement("span");
  text.textContent = form.dataset["textRestore"] ?? "";
  box.append(
    text,
    button(form.dataset["textRestoreButton"] ?? "", () => {
      const found = parse(kept);
      for (const name of FIELDS) {
        const field = control(form, name);
        if (field) field.value = found[name] ?? field.value;
      }
      box.remove();
      form.dispatchEvent(new Event("input", { bubbles: true }));
      control(form, "body")?.focus();
    }),
    button(form.dataset["textDropButton"] ?? "", () => {
      store(key, null);
      box.remove();
    }),
  );
  form.before(box);
}

function button(text: string, action: () => void): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "button small";
  element.textContent = text;
  element.addEventListener("click", action);
  return element;
}

function parse(text: string): Text {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Text) : {};
  } catch {
    return {};
  }
}
