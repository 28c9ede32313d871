import { createServer, request, type Server } from 'node:http';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { freePort } from './hospitals.ts';

/** A server that takes uploads into one file and answers when they are on the disk: the least that one would use. */
export interface UploadSite extends AsyncDisposable {
  upload(file: string): Promise<void>;
}

export async function openUploadSite(into: string): Promise<UploadSite> {
  const server = createServer((incoming, answer) => {
    void pipeline(incoming, createWriteStream(into))
      .then(() => sync(into))
      .then(() => answer.end());
  });
  const port = await listening(server);
  return {
    upload: async (file) => {
      const { size } = await stat(file);
      const headers = { 'content-length': size };
      await new Promise<void>((resolve, reject) => {
        const sent = request({ host: '127.0.0.1', port, method: 'PUT', headers }, (answer) => {
          answer.resume();
          answer.once('end', resolve);
        });
        sent.once('error', reject);
        createReadStream(file).pipe(sent);
      });
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** fsync, as a receiver does that must not lose what it has acknowledged. */
export async function sync(path: string): Promise<void> {
  await using file = await open(path, 'r');
  await file.sync();
}

async function listening(server: Server): Promise<number> {
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return port;
}
