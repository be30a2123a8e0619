/* Sends a file with tus-js-client or Uppy, as the JSON on standard input says; prints what came of it. */
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { text } from "node:stream/consumers";

const asked = JSON.parse(await text(process.stdin));
const headers = { Cookie: asked.cookie };
const retryDelays = Array(200).fill(10);

async function withTus() {
  const { Upload } = await import("tus-js-client");
  const { size } = await stat(asked.path);
  const file = asked.stream ? createReadStream(asked.path) : await readFile(asked.path);
  return new Promise((resolve, reject) => {
    const upload = new Upload(file, {
      endpoint: asked.endpoint,
      headers,
      retryDelays,
      metadata: { filename: asked.name },
      ...(asked.stream ? { uploadSize: size } : {}),
      ...asked.options,
      onError: reject,
      onSuccess: () => resolve(upload.url),
    });
    upload.start();
  });
}

async function withUppy() {
  const { default: Uppy } = await import("@uppy/core");
  const { default: Tus } = await import("@uppy/tus");
  const uppy = new Uppy().use(Tus, { endpoint: asked.endpoint, headers, retryDelays, ...asked.options });
  const data = await readFile(asked.path);
  uppy.addFile({ name: asked.name, data, type: "application/octet-stream" });
  const result = await uppy.upload();
  if (result.failed.length) throw new Error(JSON.stringify(result.failed[0].error));
  return result.successful[0].uploadURL;
}

console.log(await (asked.client === "uppy" ? withUppy() : withTus()));
