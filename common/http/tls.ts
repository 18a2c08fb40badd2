import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { Config } from '../config/schema.ts';

/** What the web server needs for HTTPS. */
export interface Tls {
  cert: Buffer;
  key: Buffer;
}

async function readPem(file: string, key: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new Error(`[server] ${key}: cannot read '${file}'`, { cause: error });
  }
}

/** Certificate and key of the configuration; undefined: plain HTTP. */
export async function loadTls(server: Config['server']): Promise<Tls | undefined> {
  if (server.tls_certificate === '' && server.tls_key === '') return undefined;
  if (server.tls_certificate === '' || server.tls_key === '') {
    throw new Error('[server] tls_certificate and tls_key go together: set both or none');
  }
  // One after the other: when both are missing the sentence is always the same.
  const cert = await readPem(server.tls_certificate, 'tls_certificate');
  return { cert, key: await readPem(server.tls_key, 'tls_key') };
}

/** @throws Error when certificate or key are not usable. */
export function createWebServer(tls: Tls | undefined, listener: RequestListener): Server | SecureServer {
  if (tls === undefined) return createServer(listener);
  try {
    return createSecureServer(tls, listener);
  } catch (error) {
    throw new Error('[server] tls_certificate or tls_key is not valid PEM, or they do not match', {
      cause: error,
    });
  }
}
