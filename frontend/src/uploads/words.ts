/* What the uploader says: texts of the page with {names} in them, sizes and times in the page's language. */
const UNITS = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

export class Words {
  private readonly texts: DOMStringMap;
  private readonly language = document.documentElement.lang || "en";

  constructor(form: HTMLElement) {
    this.texts = form.dataset;
  }

  /** The page's text `data-text-NAME`, with its {parts} filled in. */
  text(name: string, parts: Record<string, string> = {}): string {
    const text = this.texts[`text${name}`] ?? "";
    return text.replace(/\{(\w+)\}/g, (whole, part: string) => parts[part] ?? whole);
  }

  /** As the pages write sizes (www/i18n/formats.py): 999 B, 1.5 MB, 12 GB. */
  size(bytes: number): string {
    let unit = 0;
    while (bytes >= 999.5 && unit < UNITS.length - 1) {
      bytes /= 1000;
      unit++;
    }
    const digits = unit > 0 && bytes < 10 && tenths(bytes) % 1 ? 1 : 0;
    return `${bytes.toFixed(digits)} ${UNITS[unit] ?? ""}`;
  }

  percent(share: number): string {
    return new Intl.NumberFormat(this.language, { style: "percent" }).format(Math.floor(share * 100) / 100);
  }

  number(value: number): string {
    return new Intl.NumberFormat(this.language).format(value);
  }

  time(seconds: number): string {
    if (seconds < 60) return this.in("second", Math.max(1, Math.ceil(seconds)), 0);
    if (seconds < 3600) return this.in("minute", Math.ceil(seconds / 60), 0);
    return this.in("hour", seconds / 3600, 1);
  }

  private in(unit: string, value: number, digits: number): string {
    const options = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digits } as const;
    return new Intl.NumberFormat(this.language, options).format(value);
  }
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
