/* One file on its way: its line in the list, and the tus upload behind it. */
import { DetailedError, Upload } from "tus-js-client";

import { addresses } from "./addresses";
import { BucketUpload, Refusal, type Carrier } from "./bucket";
import type { Found } from "./gather";
import { Speed } from "./speed";
import type { Waiting } from "./unfinished";
import type { Words } from "./words";

export type State = "waiting" | "running" | "paused" | "offline" | "signed-out" | "failed" | "done" | "cancelled";

export interface Target {
  endpoint: string;
  signIn: string; // where one signs in again
  direct: string | undefined; // where uploads begin that go to the bucket, if they do
  metadata: () => Record<string, string>;
  changed: (row: Row) => void;
  say: (text: string) => void;
  tell: (text: string) => void; // to who does not see the line
}

const RETRY_MS = [0, 1000, 3000, 5000, 10_000, 20_000];
const REFUSED = 2; // tries after a refusal by the bucket: each asks for new addresses, so they are not too old
const SMALL_BYTES = 1024 * 1024; // these go by one request, for which coming back is no gain
const EVERY_MS = 200;

export class Row {
  readonly element = document.createElement("li");
  state: State = "waiting";
  private readonly bar = document.createElement("progress");
  private readonly detail = document.createElement("p");
  private readonly buttons: Record<"pause" | "resume" | "cancel", HTMLButtonElement>;
  private readonly speed = new Speed();
  private readonly upload: Carrier;
  private readonly file: File;
  private shownAt = 0;
  private address: string | null = null;

  /** `waiting` is what the server has of it from an earlier visit. */
  constructor(private readonly found: Found, private readonly waiting: Waiting | null, private readonly words: Words, private readonly target: Target) {
    this.file = found.file;
    this.buttons = {
      pause: this.button("Pause", () => void this.pause()),
      resume: this.button("Resume", () => this.start()),
      cancel: this.button("Cancel", () => void this.cancel()),
    };
    this.draw();
    this.upload = this.carrier();
    if (waiting && !waiting.direct) this.show(waiting.arrived, words.text("There", { percent: words.percent(waiting.arrived / this.file.size) }));
  }

  get name(): string {
    return this.file.name;
  }

  /** The space that it takes of what the page was told is free: what waits from an earlier visit has its own. */
  get takes(): number {
    return this.waiting || (this.state === "failed" && this.upload.url === null) ? 0 : this.file.size;
  }

  /** The space that the server gives back when it is cancelled, and the page has not counted. */
  get frees(): number {
    return this.waiting ? this.file.size : 0;
  }

  /** Begins, or goes on where an earlier visit was interrupted. */
  start(): void {
    this.speed.reset();
    this.become("running", this.words.text("Starting"));
    this.upload.options.metadata = this.claims();
    this.address = this.upload.url ?? this.waiting?.url ?? null;
    void this.upload.findPreviousUploads().then((earlier) => {
      if (this.state !== "running") return;
      if (earlier[0] && !this.upload.url && !this.waiting) this.upload.resumeFromPreviousUpload(earlier[0]);
      this.upload.start();
    });
  }

  /** Says that something is wrong before anything was sent; `again` where that may change. */
  refuse(text: string, again = false): void {
    this.become("failed", text);
    this.buttons.resume.hidden = !again;
    this.buttons.cancel.textContent = this.words.text("Remove");
    this.target.tell(`${this.file.name}: ${text}`);
  }

  async pause(): Promise<void> {
    this.become("paused", this.words.text("Paused"));
    await this.upload.abort();
  }

  async cancel(): Promise<void> {
    if (this.waiting) this.upload.url ??= this.waiting.url;
    const begun = this.upload.url !== null;
    const held = this.element.contains(document.activeElement);
    const next = this.element.nextElementSibling ?? this.element.previousElementSibling;
    this.element.remove();
    this.become("cancelled", "");
    if (held) this.leave(next);
    this.target.say(this.words.text("Cancelled", { name: this.file.name }));
    try {
      await this.upload.abort(begun); // also there: the space is free at once
    } catch {
      // Not reached: the server forgets it by itself after a while.
    }
  }

  /** Lets who works with the keyboard stay near the place. */
  private leave(next: Element | null): void {
    const near = next?.querySelector<HTMLElement>("button:not([hidden])") ?? document.querySelector<HTMLElement>(".drop:not([hidden]) #f-file");
    (near ?? document.querySelector<HTMLElement>("#main"))?.focus();
  }

  private progress(sent: number, total: number): void {
    const speed = this.speed.note(sent);
    const now = performance.now();
    if (this.state !== "running" || (now - this.shownAt < EVERY_MS && sent < total)) return;
    this.shownAt = now;
    const sizes = { percent: this.words.percent(total ? sent / total : 1), sent: this.words.size(sent), total: this.words.size(total) };
    const text =
      speed > 0 && sent < total
        ? this.words.text("Running", { ...sizes, speed: this.words.size(speed), left: this.words.time((total - sent) / speed) })
        : this.words.text("Sent", sizes);
    this.show(sent, text);
  }

  private show(sent: number, text: string): void {
    this.bar.value = this.file.size ? sent / this.file.size : 1;
    this.detail.textContent = text;
  }

  /** The way that the file takes: to the server by tus, or into the bucket; an earlier visit's way stays. */
  private carrier(): Carrier {
    const told = {
      retryDelays: RETRY_MS,
      onProgress: (sent: number, total: number) => this.progress(sent, total),
      onChecking: () => this.checking(),
      onSuccess: () => this.finished(),
      onShouldRetry: (error: Error, attempt: number) => this.retries(error, attempt),
      onError: (error: Error) => void this.failed(error),
    };
    const mark = ["www", this.found.path, this.file.name, this.file.size, this.file.lastModified].join("/");
    if (this.target.direct && (this.waiting?.direct ?? true)) {
      const bucket = new BucketUpload(this.file, { ...told, endpoint: this.target.direct, mark });
      bucket.url = this.waiting?.url ?? null;
      return bucket;
    }
    return new Upload(this.file, {
      ...told,
      endpoint: this.target.endpoint,
      uploadUrl: this.waiting?.url ?? null,
      // The library's own mark would take files of the same name in two folders for one.
      fingerprint: () => Promise.resolve(mark),
      removeFingerprintOnSuccess: true,
      uploadDataDuringCreation: this.file.size <= SMALL_BYTES,
      urlStorage: addresses,
      onUploadUrlAvailable: () => (this.address = this.upload.url),
    });
  }

  private claims(): Record<string, string> {
    const { name, type, lastModified } = this.file;
    const lay: Record<string, string> = this.found.path ? { relativePath: this.found.path } : {};
    return { filename: name, filetype: type, modified: String(lastModified), ...lay, ...this.target.metadata() };
  }

  /** Whether it is worth another try; what the person sees meanwhile. */
  private retries(error: Error | DetailedError, attempt: number): boolean {
    const status = error instanceof DetailedError ? (error.originalResponse?.getStatus() ?? 0) : 0;
    const passes = error instanceof Refusal ? attempt < REFUSED : status < 400 || status >= 500 || status === 409 || status === 423;
    if (!passes || !navigator.onLine || this.state !== "running") return false;
    this.detail.textContent = this.words.text("Retrying");
    return true;
  }

  /** The bucket has it all; the server looks at it, which takes a while for large files. */
  private checking(): void {
    if (this.state === "running") this.detail.textContent = this.words.text("Checking");
  }

  private finished(): void {
    this.bar.value = 1;
    this.become("done", this.words.text("Done"));
    this.target.tell(this.words.text("Arrived", { name: this.file.name }));
  }

  private async failed(error: Error | DetailedError): Promise<void> {
    if (this.state !== "running") return;
    const answer = error instanceof DetailedError ? error.originalResponse : null;
    // The library forgets the upload when it is not let in; the person will be back.
    if (answer?.getStatus() === 401) {
      this.upload.url ??= this.address;
      this.become("signed-out", this.words.text("SignedOut"));
      this.detail.append(" ", this.signIn());
    } else if (error instanceof Refusal) this.become("failed", this.words.text("Refused"));
    else if (answer) this.become("failed", this.refusal(answer.getBody()));
    else if (await this.isReadable()) this.become("offline", this.words.text("Offline"));
    else return this.refuse(this.words.text("Unreadable"));
    this.target.tell(`${this.file.name}: ${this.detail.textContent ?? ""}`);
  }

  /** Signing in takes a window of its own: this one has the files. */
  private signIn(): HTMLAnchorElement {
    const link = document.createElement("a");
    link.href = this.target.signIn;
    link.target = "_blank";
    link.textContent = this.words.text("SignIn");
    link.addEventListener("click", (event) => {
      if (window.open(link.href, "_blank")) event.preventDefault(); // it may close itself then
    });
    return link;
  }

  /** A file that was moved or changed meanwhile fails like a lost connection. */
  private async isReadable(): Promise<boolean> {
    try {
      await this.file.slice(0, 1).arrayBuffer();
      return true;
    } catch {
      return false;
    }
  }

  /** What the server said, in the reader's language; else what we can say ourselves. */
  private refusal(body: string): string {
    try {
      const problem: unknown = JSON.parse(body);
      if (problem && typeof problem === "object" && "detail" in problem && typeof problem.detail === "string") return problem.detail;
    } catch {
      // A proxy in between answers with a page of its own.
    }
    return this.words.text("Failed");
  }

  private become(state: State, text: string): void {
    const focused = document.activeElement; // a button that is hidden loses it at once
    this.state = state;
    this.element.dataset["state"] = state;
    this.detail.textContent = text;
    this.buttons.pause.hidden = state !== "running";
    this.buttons.resume.hidden = !["paused", "offline", "signed-out", "failed"].includes(state);
    this.buttons.resume.textContent = this.words.text(state === "paused" ? "Resume" : "Retry");
    this.buttons.cancel.hidden = state === "done";
    if (focused instanceof HTMLElement && focused.hidden && this.element.contains(focused)) {
      (this.buttons.pause.hidden ? this.buttons.resume : this.buttons.pause).focus();
    }
    this.target.changed(this);
  }

  private draw(): void {
    const head = document.createElement("p");
    const name = document.createElement("b");
    const size = document.createElement("span");
    name.textContent = this.found.path || this.file.name;
    size.textContent = this.words.size(this.file.size);
    size.className = "hint";
    head.append(name, " ", size);
    this.bar.max = 1;
    this.bar.value = 0;
    this.bar.setAttribute("aria-label", this.file.name);
    this.detail.className = "hint";
    this.detail.textContent = this.words.text("Waiting");
    const tools = document.createElement("div");
    tools.className = "tools";
    tools.append(...Object.values(this.buttons));
    this.buttons.pause.hidden = this.buttons.resume.hidden = true;
    this.element.className = "upload";
    this.element.dataset["state"] = this.state;
    this.element.append(head, this.bar, this.detail, tools);
  }

  private button(text: string, press: () => void): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.textContent = this.words.text(text);
    button.title = `${this.words.text(text)}: ${this.file.name}`;
    button.addEventListener("click", press);
    return button;
  }
}
