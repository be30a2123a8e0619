/* Files that are dragged over a page, dropped on it, or pasted into it. */
import { dropped, pasted, type Found } from "./gather";

interface Actions {
  over: (isOver: boolean) => void;
  take: (found: Found[]) => void;
}

/** Watches the whole page, until `signal`: a file that misses a box would replace the page, and end what is under way. */
export function watchDrops({ over, take }: Actions, signal: AbortSignal): void {
  let isOwn = false; // a picture of the page itself, which browsers take for a file, too
  const on = <K extends keyof DocumentEventMap>(name: K, action: (event: DocumentEventMap[K]) => void): void => {
    document.addEventListener(name, action, { signal });
  };
  const brings = (event: DragEvent): boolean => !isOwn && (event.dataTransfer?.types.includes("Files") ?? false);
  on("dragstart", () => (isOwn = true));
  on("dragend", () => (isOwn = false));
  for (const name of ["dragenter", "dragover"] as const) {
    on(name, (event) => {
      if (!brings(event)) return;
      event.preventDefault();
      over(true);
    });
  }
  on("dragleave", (event) => {
    if (!event.relatedTarget) over(false);
  });
  on("drop", (event) => {
    over(false);
    if (!event.dataTransfer || !brings(event)) return;
    event.preventDefault();
    void dropped(event.dataTransfer).then(take);
  });
  on("paste", (event) => {
    const found = pasted(event.clipboardData?.files);
    if (found.length > 0) take(found);
  });
}
