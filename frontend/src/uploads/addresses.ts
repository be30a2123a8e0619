/* Where tus-js-client keeps the addresses of uploads that are begun. Its own store throws where localStorage is full or
   forbidden, which would end the upload; without a kept address an upload goes on, and the server lists it afterwards. */
import { defaultOptions, type UploadOptions } from "tus-js-client";

const kept = defaultOptions.urlStorage;

export const addresses: NonNullable<UploadOptions["urlStorage"]> = {
  findAllUploads: () => attempt(() => kept.findAllUploads(), []),
  findUploadsByFingerprint: (mark) => attempt(() => kept.findUploadsByFingerprint(mark), []),
  addUpload: (mark, upload) => attempt(() => kept.addUpload(mark, upload), ""),
  removeUpload: (key) => attempt(() => kept.removeUpload(key), undefined),
};

async function attempt<T>(action: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await action();
  } catch {
    return otherwise;
  }
}
