/* The uploader in the page: files are chosen, dropped or pasted, and each goes by itself, three at a time. */
import { SIGNED_IN } from "../back";
import { find } from "../dom";
import { watchDrops } from "./drops";
import { listed, type Found } from "./gather";
import { Row, type State } from "./row";
import { Unfinished, type Waiting } from "./unfinished";
import { Words } from "./words";

const AT_ONCE = 3;
const AGAIN_MS = 30_000; // how often what lost the server asks for it

/** What a page says to the uploader that is not the form's own. */
interface Elsewhere {
  at: HTMLElement; // a place in a list of files
  found: Found[]; // what was dropped there, which goes at once
}

export function takeOver(form: HTMLFormElement, elsewhere?: Elsewhere): void {
  const input = find("input[type=file]", HTMLInputElement, form);
  const box = find(".drop", HTMLElement, form);
  if (input && box) new Uploader(form, input, elsewhere?.at ?? box, elsewhere !== undefined).listen(elsewhere?.found);
}

class Uploader {
  private readonly words: Words;
  private readonly rows: Row[] = [];
  private readonly list: HTMLElement | null;
  private readonly status: HTMLElement | null;
  private readonly button: HTMLButtonElement | null;
  private readonly unfinished: Unfinished;
  private started = false;
  private freed = 0; // bytes, since the page was told how much space is left

  /** `box` is what shows that files may be dropped; `isGuest` says that the page is a list of files. */
  constructor(private readonly form: HTMLFormElement, private readonly input: HTMLInputElement, private readonly box: HTMLElement, private readonly isGuest: boolean) {
    this.words = new Words(form);
    this.list = find("[data-uploads]", HTMLElement, form);
    this.status = find("[data-progress-text]", HTMLElement, form);
    this.button = find("button[type=submit]", HTMLButtonElement, form);
    this.unfinished = new Unfinished(this.words, "direct" in form.dataset, {
      goOn: (found, waiting) => this.goOn(found, waiting),
      say: (text) => this.say(text),
      freed: (bytes) => (this.freed += bytes),
    });
  }

  listen(found: Found[] = []): void {
    this.arrange();
    this.input.addEventListener("change", () => {
      this.add(listed(this.input.files));
      this.input.value = "";
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.rows.some((row) => row.state === "waiting")) this.begin();
      else this.say(this.words.text("None"));
    });
    watchDrops({ over: (isOver) => this.box.classList.toggle("over", isOver), take: (files) => this.add(files) }, new AbortController().signal);
    this.offerFolders();
    this.comeBack();
    window.addEventListener("beforeunload", (event) => {
      if (this.rows.some((row) => row.state === "running")) event.preventDefault();
    });
    this.add([...listed(this.input.files), ...found]);
    if (found.length > 0) this.begin();
  }

  /** Says what is different with scripts. */
  private arrange(): void {
    this.input.required = false; // what was dropped or pasted counts too
    const each = find("#f-file-hint", HTMLElement, this.form);
    if (each) each.textContent = this.words.text("Each"); // one form has a greatest number of files, we have not
    const hint = find("[data-drop-hint]", HTMLElement, this.form);
    if (hint) {
      hint.textContent = this.words.text(this.isGuest ? "DropMore" : "Drop");
      hint.hidden = false;
      if (this.isGuest) this.form.prepend(hint);
    }
    for (const part of this.form.querySelectorAll<HTMLElement>("[data-where], .drop")) part.hidden = this.isGuest;
  }

  /** Goes on by itself once there is a network again, or the person has signed in again. */
  private comeBack(): void {
    const again = (): void => this.each("offline", (row) => row.start());
    window.addEventListener("online", again);
    window.setInterval(() => navigator.onLine && again(), AGAIN_MS);
    SIGNED_IN.addEventListener("message", () => this.each("signed-out", (row) => row.start()));
    window.addEventListener("focus", () => void this.askWhoItIs());
  }

  private async askWhoItIs(): Promise<void> {
    if (!this.rows.some((row) => row.state === "signed-out")) return;
    const answer = await fetch(this.form.action, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok) this.each("signed-out", (row) => row.start());
  }

  private offerFolders(): void {
    const tools = find("[data-folder-tools]", HTMLElement, this.form);
    if (!tools || !("webkitdirectory" in this.input)) return;
    tools.hidden = false;
    find("[data-choose-folder]", HTMLButtonElement, tools)?.addEventListener("click", () => {
      const input = document.createElement("input");
      input.type = "file";
      input.webkitdirectory = true;
      input.addEventListener("change", () => this.add(listed(input.files)));
      input.click();
    });
  }

  private add(files: Found[]): void {
    for (const found of files) this.take(found, this.unfinished.claim(found));
    if (this.started) this.fill();
  }

  private goOn(found: Found, waiting: Waiting): void {
    this.take(found, waiting);
    this.begin();
  }

  /** From now on whatever is added goes at once, so there is nothing left to press. */
  private begin(): void {
    this.started = true;
    this.fill();
    const held = document.activeElement === this.button;
    if (this.button) this.button.hidden = true;
    if (held && this.list) find("button:not([hidden])", HTMLButtonElement, this.list)?.focus();
  }

  private take(found: Found, waiting: Waiting | null): void {
    const left = this.left();
    const row = new Row(found, waiting, this.words, {
      endpoint: this.form.dataset["endpoint"] ?? "/uploads",
      signIn: this.form.dataset["signIn"] ?? "/login",
      direct: this.form.dataset["direct"],
      metadata: () => this.metadata(),
      changed: (changed) => this.changed(changed),
      say: (text) => this.say(text),
      tell: (text) => this.say(text, false),
    });
    this.rows.push(row);
    this.list?.append(row.element);
    if (this.list) this.list.hidden = false;
    if (found.file.size > Number(this.form.dataset["max"])) row.refuse(this.words.text("Large"));
    else if (!waiting && found.file.size > left) row.refuse(this.full(found.file.size, left), true);
  }

  /** How many bytes still fit, when all that is in the list has come. */
  private left(): number {
    const free = Number(this.form.dataset["left"]) + this.freed;
    return Math.max(0, this.rows.reduce((left, row) => left - row.takes, free));
  }

  private full(size: number, left: number): string {
    const quota = Number(this.form.dataset["quota"]);
    const figures = { size, left, quota, used: Math.max(0, quota - left) };
    const written = Object.entries(figures).map(([name, bytes]) => [name, this.words.size(bytes)]);
    return this.words.text("Full", Object.fromEntries(written) as Record<string, string>);
  }

  /** Starts what waits, as far as there is a place. */
  private fill(): void {
    if (this.rows.some((row) => row.state === "signed-out")) return;
    let free = AT_ONCE - this.rows.filter((row) => row.state === "running").length;
    this.each("waiting", (row) => {
      if (free-- > 0) row.start();
    });
  }

  private changed(row: Row): void {
    if (row.state === "cancelled") {
      this.rows.splice(this.rows.indexOf(row), 1);
      this.freed += row.frees;
      if (this.rows.length === 0) this.rest();
    }
    if (row.state === "running" || !this.started) return;
    this.fill();
    const arrived = this.rows.filter((one) => one.state === "done");
    if (row.state === "done" && this.rows.length > 1) {
      const count = { done: this.words.number(arrived.length), count: this.words.number(this.rows.length) };
      this.say(`${this.words.text("Arrived", { name: row.name })} ${this.words.text("All", count)}`);
    }
    // Whoever cancels the last one stays; where something failed there is something to read.
    if (arrived.length > 0 && arrived.length === this.rows.length) location.assign(this.next());
  }

  /** There is nothing in the list, as at the beginning. */
  private rest(): void {
    this.started = this.isGuest;
    if (this.list) this.list.hidden = true;
    if (this.button) this.button.hidden = this.isGuest;
  }

  /** Where the files are then. */
  private next(): string {
    if (this.isGuest) {
      const here = new URL(location.href);
      here.searchParams.delete("before");
      here.searchParams.set("notice", "uploaded");
      return `${here.pathname}${here.search}`;
    }
    const folder = this.metadata()["folder"];
    const { next = "/", folders = "" } = this.form.dataset;
    return folder === undefined ? next : `${folders}/${folder}?notice=uploaded`;
  }

  private metadata(): Record<string, string> {
    const chosen = ["folder", "visibility"].map((name) => [name, find(`select[name=${name}]`, HTMLSelectElement, this.form)?.value]);
    return Object.fromEntries(chosen.filter(([, value]) => value)) as Record<string, string>;
  }

  private each(state: State, action: (row: Row) => void): void {
    for (const row of this.rows.filter((one) => one.state === state)) action(row);
  }

  /** Says something about all of it; `seen` is false where a line of the list shows the same. */
  private say(text: string, seen = true): void {
    if (!this.status) return;
    this.status.textContent = text;
    this.status.classList.toggle("unseen", !seen);
  }
}
