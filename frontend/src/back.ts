/* The window in which somebody has signed in again for an upload that waits in another one. */
export const SIGNED_IN = new BroadcastChannel("www signed in");

export function setUpBack(): void {
  if (new URLSearchParams(location.search).get("notice") !== "signed_in_again") return;
  SIGNED_IN.postMessage("");
  window.close(); // only where the other window has opened it
}
