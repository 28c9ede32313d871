import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/** A cable between a browser and a desk that a test cuts and mends; the desk itself goes on. */
export interface BreakableLine extends AsyncDisposable {
  /** `http://localhost:port`, as the browser opens it. */
  readonly origin: string;
  cut(): Promise<void>;
  mend(): Promise<void>;
}

export async function openBreakableLine(origin: string): Promise<BreakableLine> {
  const there = Number(new URL(origin).port);
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy()); // A browser that goes away is no fault of the desk.
  };
  let server: Server | undefined;
  const listen = async (port: number): Promise<Server> => {
    const made = createServer((near) => {
      const far = connect(there, '127.0.0.1');
      for (const socket of [near, far]) keep(socket);
      near.pipe(far).pipe(near);
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
    });
    await new Promise<void>((resolve, reject) => made.once('error', reject).listen(port, 'localhost', resolve));
    return made;
  };
  server = await listen(0);
  const { port } = server.address() as AddressInfo;
  const cut = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    for (const socket of sockets) socket.destroy();
    if (closing !== undefined) await new Promise((resolve) => closing.close(resolve));
  };
  return {
    origin: `http://localhost:${port}`,
    cut,
    mend: async () => {
      server ??= await listen(port);
    },
    [Symbol.asyncDispose]: cut,
  };
}
