/* One file on its way: its line in the list, and the tus upload behind it. */
import { DetailedError, Upload } from "tus-js-client";

import { BucketUpload, type Carrier } from "./bucket";
import { Speed } from "./speed";
import type { Words } from "./words";

export type State = "waiting" | "running" | "paused" | "offline" | "failed" | "done";

export interface Target {
  endpoint: string;
  direct: string | undefined; // where uploads begin that go to the bucket, if they do
  metadata: () => Record<string, string>;
  changed: (row: Row) => void;
  say: (text: string) => void;
}

const RETRY_MS = [0, 1000, 3000, 5000, 10_000, 20_000];
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
  private shownAt = 0;

  constructor(readonly file: File, private readonly words: Words, private readonly target: Target) {
    this.buttons = {
      pause: this.button("Pause", () => void this.pause()),
      resume: this.button("Resume", () => this.start()),
      cancel: this.button("Cancel", () => void this.cancel()),
    };
    this.draw();
    const told = {
      retryDelays: RETRY_MS,
      onProgress: (sent: number, total: number) => this.progress(sent, total),
      onChecking: () => this.checking(),
      onSuccess: () => this.finished(),
      onError: (error: Error) => this.failed(error),
    };
    this.upload = target.direct
      ? new BucketUpload(file, { ...told, endpoint: target.direct })
      : new Upload(file, {
          ...told,
          endpoint: target.endpoint,
          removeFingerprintOnSuccess: true,
          uploadDataDuringCreation: file.size <= SMALL_BYTES,
        });
  }

  /** Begins, or goes on where an earlier visit was interrupted. */
  start(): void {
    this.speed.reset();
    this.become("running", this.words.text("Starting"));
    this.upload.options.metadata = { filename: this.file.name, filetype: this.file.type, ...this.target.metadata() };
    void this.upload.findPreviousUploads().then((earlier) => {
      if (this.state !== "running") return;
      if (earlier[0] && !this.upload.url) this.upload.resumeFromPreviousUpload(earlier[0]);
      this.upload.start();
    });
  }

  /** Says that something is wrong before anything was sent. */
  refuse(text: string): void {
    this.become("failed", text);
    this.buttons.resume.hidden = true;
    this.target.say(`${this.file.name}: ${text}`);
  }

  async pause(): Promise<void> {
    this.become("paused", this.words.text("Paused"));
    await this.upload.abort();
  }

  async cancel(): Promise<void> {
    const begun = this.upload.url !== null;
    this.element.remove();
    this.become("done", "");
    this.target.say(this.words.text("Cancelled", { name: this.file.name }));
    try {
      await this.upload.abort(begun); // also there: the space is free at once
    } catch {
      // Not reached: the server forgets it by itself after a while.
    }
  }

  private progress(sent: number, total: number): void {
    const speed = this.speed.note(sent);
    const now = performance.now();
    if (this.state !== "running" || (now - this.shownAt < EVERY_MS && sent < total)) return;
    this.shownAt = now;
    this.bar.value = total ? sent / total : 1;
    const sizes = { percent: this.words.percent(total ? sent / total : 1), sent: this.words.size(sent), total: this.words.size(total) };
    this.detail.textContent =
      speed > 0 && sent < total
        ? this.words.text("Running", { ...sizes, speed: this.words.size(speed), left: this.words.time((total - sent) / speed) })
        : this.words.text("Sent", sizes);
  }

  /** The bucket has it all; the server looks at it, which takes a while for large files. */
  private checking(): void {
    if (this.state === "running") this.detail.textContent = this.words.text("Checking");
  }

  private finished(): void {
    this.bar.value = 1;
    this.become("done", this.words.text("Done"));
    this.target.say(this.words.text("Arrived", { name: this.file.name }));
  }

  private failed(error: Error | DetailedError): void {
    if (this.state !== "running") return;
    const answer = error instanceof DetailedError ? error.originalResponse : null;
    const text = answer ? this.refusal(answer.getStatus(), answer.getBody()) : this.words.text("Offline");
    this.become(answer ? "failed" : "offline", text);
    this.target.say(`${this.file.name}: ${text}`);
  }

  /** What the server said, in the reader's language; else what we can say ourselves. */
  private refusal(status: number, body: string): string {
    if (status === 401) return this.words.text("SignedOut");
    try {
      const problem: unknown = JSON.parse(body);
      if (problem && typeof problem === "object" && "detail" in problem && typeof problem.detail === "string") return problem.detail;
    } catch {
      // A proxy in between answers with a page of its own.
    }
    return this.words.text("Failed");
  }

  private become(state: State, text: string): void {
    this.state = state;
    this.element.dataset["state"] = state;
    this.detail.textContent = text;
    this.buttons.pause.hidden = state !== "running";
    this.buttons.resume.hidden = !["paused", "offline", "failed"].includes(state);
    this.buttons.resume.textContent = this.words.text(state === "paused" ? "Resume" : "Retry");
    this.buttons.cancel.hidden = state === "done";
    this.target.changed(this);
  }

  private draw(): void {
    const head = document.createElement("p");
    const name = document.createElement("b");
    const size = document.createElement("span");
    name.textContent = this.file.name;
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
    button.className = "button";
    button.textContent = this.words.text(text);
    button.title = `${this.words.text(text)}: ${this.file.name}`;
    button.addEventListener("click", press);
    return button;
  }
}
