import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses it; stop that one or choose another port',
  EACCES: 'this user may not use it; ports below 1024 need a privilege',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'this name does not resolve',
};

/**
 * Starts listening.
 * @returns the port, which is a free one where 0 was asked for
 * @throws Error with a sentence that says what to do.
 */
export async function listen(
  server: Server | SecureServer,
  { host, port }: { host: string; port: number },
): Promise<number> {
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new Error(`cannot listen on ${host} port ${port}: ${reasons[code] ?? code}`, { cause: error });
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
