/* The uploader in the page: files are chosen, dropped or pasted, and each goes by itself, three at a time. */
import { find } from "../dom";
import { Row, type State } from "./row";
import { Words } from "./words";

const AT_ONCE = 3;

export function takeOver(form: HTMLFormElement, input: HTMLInputElement, box: HTMLElement): void {
  new Uploader(form, input, box).listen();
}

class Uploader {
  private readonly words: Words;
  private readonly rows: Row[] = [];
  private readonly list: HTMLElement | null;
  private readonly status: HTMLElement | null;
  private started = false;

  constructor(private readonly form: HTMLFormElement, private readonly input: HTMLInputElement, private readonly box: HTMLElement) {
    this.words = new Words(form);
    this.list = find("[data-uploads]", HTMLElement, form);
    this.status = find("[data-progress-text]", HTMLElement, form);
  }

  listen(): void {
    this.input.required = false; // what was dropped or pasted counts too
    this.input.addEventListener("change", () => {
      this.add(this.input.files);
      this.input.value = "";
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.started = true;
      if (this.rows.length === 0) this.say(this.words.text("None"));
      this.fill();
    });
    this.acceptDrops();
    document.addEventListener("paste", (event) => this.add(event.clipboardData?.files));
    window.addEventListener("online", () => this.each("offline", (row) => row.start()));
    window.addEventListener("beforeunload", (event) => {
      if (this.rows.some((row) => row.state === "running")) event.preventDefault();
    });
    if (this.input.files?.length) this.add(this.input.files);
  }

  private acceptDrops(): void {
    for (const name of ["dragenter", "dragover"]) {
      this.box.addEventListener(name, (event) => {
        event.preventDefault();
        this.box.classList.add("over");
      });
    }
    this.box.addEventListener("dragleave", () => this.box.classList.remove("over"));
    this.box.addEventListener("drop", (event) => {
      event.preventDefault();
      this.box.classList.remove("over");
      this.add(event.dataTransfer?.files);
    });
  }

  private add(files: FileList | null | undefined): void {
    for (const file of files ?? []) {
      const row = new Row(file, this.words, {
        endpoint: this.form.dataset["endpoint"] ?? "/uploads",
        direct: this.form.dataset["direct"],
        metadata: () => this.metadata(),
        changed: (changed) => this.changed(changed),
        say: (text) => this.say(text),
      });
      this.rows.push(row);
      this.list?.append(row.element);
      if (file.size > Number(this.form.dataset["max"])) row.refuse(this.words.text("Large"));
    }
    if (this.list) this.list.hidden = this.rows.length === 0;
    if (this.started) this.fill();
  }

  /** Starts what waits, as far as there is a place. */
  private fill(): void {
    let free = AT_ONCE - this.rows.filter((row) => row.state === "running").length;
    this.each("waiting", (row) => {
      if (free-- > 0) row.start();
    });
  }

  private changed(row: Row): void {
    if (!this.element(row) && row.state === "done") this.rows.splice(this.rows.indexOf(row), 1);
    if (row.state === "running" || !this.started) return;
    this.fill();
    const arrived = this.rows.filter((one) => one.state === "done");
    // Whoever cancels the last one stays; where something failed there is something to read.
    if (arrived.length > 0 && arrived.length === this.rows.length && row.state === "done") location.assign(this.form.dataset["next"] ?? "/");
  }

  private element(row: Row): boolean {
    return row.element.isConnected;
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
