/* While reading, the table of contents beside the text shows where one is. */

export function setUpReading(): void {
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
