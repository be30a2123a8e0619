/* While reading: boxes that scroll can be reached by the keyboard, and the table of contents follows. */

export function setUpReading(): void {
  for (const box of document.querySelectorAll<HTMLElement>(".prose :is(pre, table, .table)")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
  const links = new Map<Element, HTMLAnchorElement>();
  for (const link of document.querySelectorAll<HTMLAnchorElement>("[data-toc] a")) {
    const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (heading) links.set(heading, link);
  }
  if (!links.size) return;
  const observer = new IntersectionObserver(
    (entries) => {
      const entry = entries.findLast((candidate) => candidate.isIntersecting);
      if (!entry) return;
      for (const [heading, link] of links) {
        if (heading === entry.target) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    },
    { rootMargin: "0px 0px -70% 0px" },
  );
  for (const heading of links.keys()) observer.observe(heading);
}
