/* A file on its way into the bucket, past our server: parts by signed addresses, several at once.
   It stands in for tus-js-client's Upload where the settings want that (docs/uploads.md, "Straight to the bucket").
   What has arrived the server asks of the bucket, so nothing is remembered here but the upload's address. */
import { DetailedError } from "tus-js-client";

import { load, store } from "../storage";

/** What a row needs of an upload, whichever way it goes. */
export interface Carrier {
  url: string | null;
  options: { metadata?: Record<string, string> | undefined };
  start(): void;
  abort(terminate?: boolean): Promise<void>;
  findPreviousUploads(): Promise<{ uploadUrl: string | null }[]>;
  resumeFromPreviousUpload(earlier: { uploadUrl: string | null }): void;
}

interface Options {
  endpoint: string;
  mark: string; // what tells this file from others
  retryDelays: number[];
  metadata?: Record<string, string>;
  onProgress: (sent: number, total: number) => void;
  onChecking: () => void;
  onSuccess: () => void;
  onShouldRetry: (error: Error, attempt: number) => boolean;
  onError: (error: Error) => void;
}

interface About {
  upload?: string;
  part_bytes: number;
  parts: number;
  complete: boolean;
  arrived?: number[];
  links?: Record<string, string>;
}

const AT_ONCE = 3;
const LINKS = 20;
const POLL_MS = 1000;

/** The bucket does not take a part from this page: its address is too old, or it has no rule (CORS) for us. */
export class Refusal extends Error {}

export class BucketUpload implements Carrier {
  url: string | null = null;
  private readonly key: string;
  private stopping = new AbortController();
  private readonly moving = new Map<number, number>(); // bytes of parts that are under way
  private arrived = new Set<number>();
  private partBytes = 0;
  private links: Record<string, string> = {};

  constructor(private readonly file: File, readonly options: Options) {
    this.key = `direct::${options.endpoint}::${options.mark}`;
  }

  findPreviousUploads(): Promise<{ uploadUrl: string | null }[]> {
    const uploadUrl = load(this.key);
    return Promise.resolve(uploadUrl ? [{ uploadUrl }] : []);
  }

  resumeFromPreviousUpload(earlier: { uploadUrl: string | null }): void {
    this.url = earlier.uploadUrl;
  }

  start(): void {
    this.stopping = new AbortController();
    void this.persist(this.stopping.signal);
  }

  async abort(terminate = false): Promise<void> {
    this.stopping.abort();
    if (!terminate || !this.url) return;
    store(this.key, null);
    await fetch(this.url, { method: "DELETE" });
  }

  /** Tries again and again, longer apart each time, as long as nothing gets through. */
  private async persist(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const before = this.arrived.size;
      try {
        await this.run(signal);
        store(this.key, null);
        this.options.onSuccess();
        return;
      } catch (thrown) {
        if (signal.aborted) return;
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        failures = this.arrived.size > before ? 1 : failures + 1;
        const delay = this.options.retryDelays[failures - 1];
        if (delay === undefined || !this.options.onShouldRetry(error, failures - 1)) {
          this.options.onError(error);
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, delay));
      }
    }
  }

  private async run(signal: AbortSignal): Promise<void> {
    const about = await this.begin(signal);
    if (about.complete) return;
    this.partBytes = about.part_bytes;
    this.moving.clear();
    this.arrived = new Set(about.arrived ?? []);
    this.links = about.links ?? {};
    const waiting = Array.from({ length: about.parts }, (_, at) => at + 1).filter((number) => !this.arrived.has(number));
    this.tell();
    const all = new AbortController(); // one that fails ends the others
    const stop = AbortSignal.any([signal, all.signal]);
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, () => this.work(about, waiting, stop)));
    } finally {
      all.abort();
    }
    this.options.onChecking();
    while ((await this.ask("POST", `${this.url}/complete`, {}, signal)).status === 202) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Returns what the server knows of the upload; where it knows none, a new one. */
  private async begin(signal: AbortSignal): Promise<About> {
    if (this.url) {
      try {
        return (await (await this.ask("GET", this.url, null, signal)).json()) as About;
      } catch (error) {
        if (!(error instanceof DetailedError) || ![404, 410].includes(error.originalResponse?.getStatus() ?? 0)) throw error;
        this.url = null; // left alone for too long
      }
    }
    const given = this.options.metadata ?? {};
    const fields = { ...given, name: given["filename"] ?? this.file.name, size: String(this.file.size) };
    const about = (await (await this.ask("POST", this.options.endpoint, fields, signal)).json()) as About;
    this.url = about.upload ?? null;
    if (this.url) store(this.key, this.url);
    return about;
  }

  private async work(about: About, waiting: number[], stop: AbortSignal): Promise<void> {
    for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) {
      const link = await this.link(number, waiting, stop);
      const start = (number - 1) * about.part_bytes;
      await this.send(number, link, this.file.slice(start, start + about.part_bytes), stop);
      this.arrived.add(number);
      this.moving.delete(number);
      this.tell();
    }
  }

  private async link(number: number, waiting: number[], stop: AbortSignal): Promise<string> {
    if (!this.links[number]) {
      const form = new URLSearchParams([number, ...waiting.slice(0, LINKS - 1)].map((one) => ["part", String(one)]));
      const answer = await this.ask("POST", `${this.url}/links`, form, stop);
      const { links } = (await answer.json()) as { links: Record<string, string> };
      Object.assign(this.links, links);
    }
    return this.links[number] ?? "";
  }

  /** Sends a part to the bucket. Not by fetch: that does not tell how far it is. */
  private send(number: number, link: string, part: Blob, stop: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const end = (): void => request.abort();
      let begun = false;
      stop.addEventListener("abort", end);
      request.upload.addEventListener("progress", (event) => {
        begun = true;
        this.moving.set(number, event.loaded);
        this.tell();
      });
      request.addEventListener("loadend", () => {
        stop.removeEventListener("abort", end);
        if (request.status === 200) resolve();
        else void why(request, link, begun, stop).then(reject);
      });
      request.open("PUT", link);
      request.send(part);
    });
  }

  private tell(): void {
    const size = this.partBytes;
    let sent = 0;
    for (const number of this.arrived) sent += Math.max(0, Math.min(size, this.file.size - (number - 1) * size));
    for (const loaded of this.moving.values()) sent += loaded;
    this.options.onProgress(Math.min(sent, this.file.size), this.file.size);
  }

  /** Asks our server; whatever it refuses is an error as tus-js-client's, with the answer in it. */
  private async ask(method: string, url: string, fields: Record<string, string> | URLSearchParams | null, signal: AbortSignal): Promise<Response> {
    const body = fields && (fields instanceof URLSearchParams ? fields : new URLSearchParams(fields));
    const answer = await fetch(url, { method, body, signal, redirect: "error" });
    if (answer.ok) return answer;
    throw failure(answer.status, await answer.text(), answer);
  }
}

/** Why a part did not arrive. The browser calls a missing rule and a missing line the same; only a rule stops even the
    first byte while the bucket can be reached. */
async function why(request: XMLHttpRequest, link: string, begun: boolean, signal: AbortSignal): Promise<Error> {
  const { status } = request;
  if (status >= 500) return failure(status, request.responseText, request);
  if (status !== 0) return new Refusal(`the bucket answered ${status}`);
  try {
    if (!begun) {
      await fetch(link, { method: "HEAD", mode: "no-cors", cache: "no-store", signal });
      return new Refusal("the bucket has no rule for this page");
    }
  } catch {
    // It cannot be reached.
  }
  return new Error("no answer from the bucket");
}

/** An answer that is none of success, as tus-js-client tells it. */
function failure(status: number, body: string, answer: Response | XMLHttpRequest): DetailedError {
  const error = new DetailedError(`answered ${status}`);
  error.originalResponse = {
    getStatus: () => status,
    getHeader: (name) => (answer instanceof Response ? answer.headers.get(name) : answer.getResponseHeader(name)) ?? undefined,
    getBody: () => body,
    getUnderlyingObject: () => answer,
  };
  return error;
}
