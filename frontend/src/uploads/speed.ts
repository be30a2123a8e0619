/* How quickly bytes go: over the last few seconds, so that one hiccup is soon forgotten. */
const WINDOW_MS = 5000;

export class Speed {
  private seen: { at: number; bytes: number }[] = [];

  reset(): void {
    this.seen = [];
  }

  /** Notes that `bytes` are sent now; returns bytes per second, 0 while nothing can be said. */
  note(bytes: number, now = performance.now()): number {
    this.seen.push({ at: now, bytes });
    while (this.seen.length > 2 && now - (this.seen[0]?.at ?? now) > WINDOW_MS) this.seen.shift();
    const first = this.seen[0];
    const passed = first ? now - first.at : 0;
    return first && passed > 300 ? (1000 * (bytes - first.bytes)) / passed : 0;
  }
}
