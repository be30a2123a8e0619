/* Lists of files take what is dropped on them or pasted: the uploader of the upload page comes here, with the folder. */
import { find } from "./dom";
import { watchDrops } from "./uploads/drops";
import type { Found } from "./uploads/gather";

export function setUpDropping(): void {
  const place = find("[data-drop-here]", HTMLElement);
  if (!place) return;
  place.hidden = false;
  const waiting: Found[] = [];
  const watching = new AbortController();
  let isFetching = false;
  const take = async (found: Found[]): Promise<void> => {
    waiting.push(...found);
    if (isFetching || waiting.length === 0) return;
    isFetching = true;
    try {
      await bring(place, waiting, () => watching.abort());
    } catch {
      const hint = find("[data-drop-hint]", HTMLElement, place);
      if (hint) hint.textContent = place.dataset["textFailed"] ?? "";
      waiting.length = 0;
    }
    isFetching = false;
  };
  watchDrops({ over: (isOver) => place.classList.toggle("over", isOver), take: (found) => void take(found) }, watching.signal);
}

/** Puts the form of the upload page here, and lets it begin with what was dropped. */
async function bring(place: HTMLElement, found: Found[], stop: () => void): Promise<void> {
  const address = place.dataset["dropHere"] ?? "";
  const [answer, { takeOver }] = await Promise.all([fetch(address), import("./uploads/uploader")]);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const form = find("form[data-upload]", HTMLFormElement, page);
  if (!form) return location.assign(address); // signed out, say
  const unfinished = find("[data-unfinished]", HTMLElement, page);
  place.replaceChildren(form);
  if (unfinished) {
    unfinished.hidden = true; // what is dropped may be one of these
    place.append(unfinished);
  }
  stop();
  takeOver(form, { at: place, found });
  place.scrollIntoView({ block: "nearest" });
}
