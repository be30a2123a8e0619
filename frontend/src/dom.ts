/* The few lines that every module needs. */

/** The first element that matches, of the class that is expected, or null. */
export function find<T extends Element>(
  selector: string,
  type: new () => T,
  within: ParentNode = document,
): T | null {
  const element = within.querySelector(selector);
  return element instanceof type ? element : null;
}

/** Calls `action` once nothing has asked for it during `wait_ms`. */
export function debounced(wait_ms: number, action: () => void): () => void {
  let timer = 0;
  return () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(action, wait_ms);
  };
}
