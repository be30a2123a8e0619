/* The uploader in the page: files are chosen, dropped or pasted, and each goes by itself, three at a time. */
import { find } from "../dom";
import { dropped, listed, type Found } from "./gather";
import { Row, type State } from "./row";
import { Unfinished, type Waiting } from "./unfinished";
import { Words } from "./words";

const AT_ONCE = 3;
const AGAIN_MS = 30_000; // how often what lost the server asks for it

export function takeOver(form: HTMLFormElement, input: HTMLInputElement, box: HTMLElement): void {
  new Uploader(form, input, box).listen();
}

class Uploader {
  private readonly words: Words;
  private readonly rows: Row[] = [];
  private readonly list: HTMLElement | null;
  private readonly status: HTMLElement | null;
  private readonly unfinished: Unfinished;
  private started = false;

  constructor(private readonly form: HTMLFormElement, private readonly input: HTMLInputElement, private readonly box: HTMLElement) {
    this.words = new Words(form);
    this.list = find("[data-uploads]", HTMLElement, form);
    this.status = find("[data-progress-text]", HTMLElement, form);
    this.unfinished = new Unfinished(this.words, "direct" in form.dataset, {
      goOn: (found, waiting) => this.goOn(found, waiting),
      say: (text) => this.say(text),
    });
  }

  listen(): void {
    this.input.required = false; // what was dropped or pasted counts too
    const hint = find("#f-file-hint", HTMLElement, this.form);
    if (hint) hint.textContent = this.words.text("Each"); // one form has a greatest number of files, we have not
    this.input.addEventListener("change", () => {
      this.add(listed(this.input.files));
      this.input.value = "";
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.started = true;
      if (this.rows.length === 0) this.say(this.words.text("None"));
      this.fill();
    });
    this.acceptDrops();
    this.offerFolders();
    document.addEventListener("paste", (event) => this.add(listed(event.clipboardData?.files)));
    const again = (): void => this.each("offline", (row) => row.start());
    window.addEventListener("online", again);
    window.setInterval(() => navigator.onLine && again(), AGAIN_MS);
    window.addEventListener("beforeunload", (event) => {
      if (this.rows.some((row) => row.state === "running")) event.preventDefault();
    });
    this.add(listed(this.input.files));
  }

  /** On the whole page: a file that misses the box would replace the page, and end what is under way. */
  private acceptDrops(): void {
    for (const name of ["dragenter", "dragover"] as const) {
      document.addEventListener(name, (event) => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        this.box.classList.add("over");
      });
    }
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) this.box.classList.remove("over");
    });
    document.addEventListener("drop", (event) => {
      this.box.classList.remove("over");
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      void dropped(event.dataTransfer).then((found) => this.add(found));
    });
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
    this.started = true;
    this.take(found, waiting);
    this.fill();
  }

  private take(found: Found, waiting: Waiting | null): void {
    const row = new Row(found, waiting, this.words, {
      endpoint: this.form.dataset["endpoint"] ?? "/uploads",
      direct: this.form.dataset["direct"],
      metadata: () => this.metadata(),
      changed: (changed) => this.changed(changed),
      say: (text) => this.say(text),
    });
    this.rows.push(row);
    this.list?.append(row.element);
    if (this.list) this.list.hidden = false;
    if (found.file.size > Number(this.form.dataset["max"])) row.refuse(this.words.text("Large"));
  }

  /** Starts what waits, as far as there is a place. */
  private fill(): void {
    let free = AT_ONCE - this.rows.filter((row) => row.state === "running").length;
    this.each("waiting", (row) => {
      if (free-- > 0) row.start();
    });
  }

  private changed(row: Row): void {
    if (row.state === "cancelled") {
      this.rows.splice(this.rows.indexOf(row), 1);
      if (this.list) this.list.hidden = this.rows.length === 0;
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

  /** Where the files are then. */
  private next(): string {
    const folder = this.metadata()["folder"];
    const { next = "/", folders = "" } = this.form.dataset;
    return folder === undefined ? next : `${folders}/${folder}?notice=uploaded`;
  }

  private metadata(): Record<string, string> {
    const folder = find("select[name=folder]", HTMLSelectElement, this.form)?.value;
    return folder ? { folder } : {};
  }

  private each(state: State, action: (row: Row) => void): void {
    for (const row of this.rows.filter((one) => one.state === state)) action(row);
  }

  private say(text: string): void {
    if (this.status) this.status.textContent = text;
  }
}
