/* Files as they are chosen, dropped and pasted, whole folders of them too. */

/** A file and where it lay: `path` is "folder/inner/name" where it came with its folder, else "". */
export interface Found {
  file: File;
  path: string;
}

const LITTER = new Set([".DS_Store", "Thumbs.db", "desktop.ini"]); // what systems leave in folders

const NAMELESS = /^(?:image)?(?:\.\w+)?$/i;
const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";

export function listed(files: FileList | null | undefined): Found[] {
  return [...(files ?? [])].map((file) => ({ file, path: file.webkitRelativePath })).filter(wanted);
}

/** What was pasted. Browsers call every picture image.png: its address would be guessed, if it is not private. */
export function pasted(files: FileList | null | undefined): Found[] {
  return listed(files).map(({ file, path }) => ({ file: NAMELESS.test(file.name) ? named(file) : file, path }));
}

/** The same with 40 random bits in its name, as the server gives them to what has none (www/utils/names.py). */
function named(file: File): File {
  const bits = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => DIGITS[byte % 32]).join("");
  const [ending = ""] = /\.\w+$/.exec(file.name) ?? [];
  const name = `${file.type.startsWith("image/") ? "image" : "file"}-${bits}${ending}`;
  return new File([file], name, { type: file.type, lastModified: file.lastModified });
}

/** What was dropped. The browser forgets it with the event, so all is asked for before the first wait. */
export async function dropped(transfer: DataTransfer): Promise<Found[]> {
  const finding = [...transfer.items].map((item) => {
    const entry = item.kind === "file" ? item.webkitGetAsEntry() : null;
    if (entry?.isDirectory) return walk(entry as FileSystemDirectoryEntry);
    const file = item.kind === "file" ? item.getAsFile() : null;
    return Promise.resolve(file ? [{ file, path: "" }] : []);
  });
  return (await Promise.all(finding)).flat().filter(wanted);
}

async function walk(folder: FileSystemDirectoryEntry): Promise<Found[]> {
  const found: Found[] = [];
  for (const entry of await entries(folder)) {
    if (entry.isDirectory) found.push(...(await walk(entry as FileSystemDirectoryEntry)));
    else found.push(...(await opened(entry as FileSystemFileEntry)));
  }
  return found;
}

/** All that is in a folder: browsers hand it out a hundred at a time. */
async function entries(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

function opened(entry: FileSystemFileEntry): Promise<Found[]> {
  return new Promise((resolve) => {
    entry.file(
      (file) => resolve([{ file, path: entry.fullPath.replace(/^\//, "") }]),
      () => resolve([]), // it may not be read
    );
  });
}

function wanted({ file, path }: Found): boolean {
  return !(path && LITTER.has(file.name));
}
