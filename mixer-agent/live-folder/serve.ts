import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { fastify, type FastifyInstance } from 'fastify';
import { pause } from '../../common/lifecycle/wait.ts';
import { readComplete } from './manifest.ts';

/** Files of HLS (RFC 8216) and DASH (ISO/IEC 23009-1) by their extension; nothing else is given out. */
const types: Readonly<Record<string, string>> = {
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.mpd': 'application/dash+xml',
  '.ts': 'video/mp2t',
  '.m4s': 'video/iso.segment',
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
};

const isList = (path: string): boolean => ['.m3u8', '.mpd'].includes(extname(path));

/** Lists change all the time; a segment never does, and its name is never used again. */
const cacheControl = (path: string): string =>
  isList(path) ? 'no-cache' : 'public, max-age=3600, immutable';

const isGiven = (path: string): boolean => /^\/[^/.][^/]*\/[^/.][^/]*$/.test(path) && extname(path) in types;

/** How long a manifest that players cannot begin with is held back, ms: it should be complete in less than a segment. */
const patienceMs = 4_000;
const lookMs = 100;

/** Waits for a manifest that is there, but without all that belongs to it. */
async function untilComplete(path: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += lookMs) {
    if (!existsSync(path) || (await readComplete(path)) !== undefined) return;
    await pause(lookMs);
  }
}

/**
 * The HTTP server of a folder with streams: players of any page may read lists and segments at `/<id>/<file>`, ranges
 * included; nobody can see which streams there are.
 */
export async function serveStreams(root: string): Promise<FastifyInstance> {
  const app = fastify({ logger: false, forceCloseConnections: true });
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'content-length, content-range, date',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
    });
    if (request.method !== 'OPTIONS') return;
    void reply.headers({
      'access-control-allow-methods': 'GET, HEAD',
      'access-control-allow-headers': 'range',
      'access-control-max-age': '86400',
    });
    await reply.code(204).send();
  });
  app.addHook('preHandler', async (request) => {
    const [path = ''] = request.url.split('?');
    if (path.endsWith('.mpd') && isGiven(path)) await untilComplete(join(root, path));
  });
  await app.register(fastifyStatic, {
    root,
    index: false,
    cacheControl: false,
    dotfiles: 'ignore',
    allowedPath: isGiven,
    setHeaders: (reply, path) => {
      void reply.header('cache-control', cacheControl(path));
      void reply.header('content-type', types[extname(path)]);
    },
  });
  app.setNotFoundHandler(async (_request, reply) => {
    // What is not there now may be there in a moment.
    await reply.code(404).header('cache-control', 'no-store').type('text/plain').send('Not found.\n');
  });
  return app;
}
