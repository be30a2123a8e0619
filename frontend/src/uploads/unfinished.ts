/* Uploads of earlier visits: they go on with the same file, chosen again or dropped, or are discarded. */
import { find } from "../dom";
import type { Found } from "./gather";
import type { Words } from "./words";

/** An upload that the server keeps for this person. */
export interface Waiting {
  url: string;
  arrived: number;
  direct: boolean; // its bytes are in the bucket, not with us
}

interface Actions {
  goOn: (found: Found, waiting: Waiting) => void;
  say: (text: string) => void;
  freed: (bytes: number) => void;
}

export class Unfinished {
  private readonly section = find("[data-unfinished]", HTMLElement);

  /** `direct`: whether the bucket takes uploads now. */
  constructor(private readonly words: Words, private readonly direct: boolean, private readonly actions: Actions) {
    const hint = (name: string, shown: boolean): void => {
      const element = this.section && find(name, HTMLElement, this.section);
      if (element) element.hidden = !shown;
    };
    hint("[data-resume-hint]", true);
    hint("[data-plain-hint]", false);
    for (const item of this.items()) this.equip(item);
  }

  /** The upload that this file has begun, which leaves the list; null where there is none. */
  claim(found: Found): Waiting | null {
    const item = this.items().find((one) => this.fits(one, found));
    return item ? this.take(item) : null;
  }

  private items(): HTMLElement[] {
    return this.section ? [...this.section.querySelectorAll<HTMLElement>("li")] : [];
  }

  private equip(item: HTMLElement): void {
    const again = find("[data-again]", HTMLButtonElement, item);
    if (again && item.dataset["modified"] && this.isOpen(item)) {
      again.hidden = false;
      again.addEventListener("click", () => this.ask(item));
    }
    const form = find("[data-discard]", HTMLFormElement, item);
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.discard(item, form);
    });
  }

  private ask(item: HTMLElement): void {
    const input = document.createElement("input");
    input.type = "file";
    input.addEventListener("change", () => {
      const file = input.files?.[0];
      if (!file) return;
      const found = { file, path: item.dataset["path"] ?? "" };
      if (this.fits(item, found)) this.actions.goOn(found, this.take(item));
      else this.actions.say(this.words.text("Other", { name: item.dataset["name"] ?? "", total: this.words.size(Number(item.dataset["size"])) }));
    });
    input.click();
  }

  private async discard(item: HTMLElement, form: HTMLFormElement): Promise<void> {
    try {
      const answer = await fetch(form.action, { method: "POST" });
      if (!answer.ok) return form.submit();
    } catch {
      return this.actions.say(this.words.text("Offline"));
    }
    this.drop(item);
    this.actions.freed(Number(item.dataset["size"] || item.dataset["arrived"]));
    this.actions.say(this.words.text("Discarded", { name: item.dataset["name"] ?? "" }));
  }

  /** By what tells one file from another without reading it: name, size, and when it was changed. */
  private fits(item: HTMLElement, { file, path }: Found): boolean {
    const { name, size, modified, path: lay } = item.dataset;
    if (!this.isOpen(item)) return false;
    return name === file.name && size === String(file.size) && modified === String(file.lastModified) && (lay ?? "") === path;
  }

  private isOpen({ dataset }: HTMLElement): boolean {
    return !("part" in dataset) && dataset["size"] !== "" && (this.direct || !("direct" in dataset));
  }

  private take(item: HTMLElement): Waiting {
    this.drop(item);
    return { url: item.dataset["url"] ?? "", arrived: Number(item.dataset["arrived"]), direct: "direct" in item.dataset };
  }

  private drop(item: HTMLElement): void {
    const held = item.contains(document.activeElement);
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    if (this.items().length === 0 && this.section) this.section.hidden = true;
    // Who works with the keyboard stays near the place.
    if (held) (next && find("button:not([hidden])", HTMLElement, next) ? find("button:not([hidden])", HTMLElement, next) : find("#f-file", HTMLElement))?.focus();
  }
}
