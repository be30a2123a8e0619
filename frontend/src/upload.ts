/* The page of the upload form; the uploader is fetched there alone, for it is larger than all the rest. */
import { find } from "./dom";

export function setUpUpload(): void {
  const form = find("form[data-upload]", HTMLFormElement);
  if (form) void import("./uploads/uploader").then(({ takeOver }) => takeOver(form));
}
