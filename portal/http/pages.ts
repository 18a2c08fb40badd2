import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';

export interface PageFolders {
  /** Built sample app. */
  app: string;
  /** Built SDK. */
  sdk: string;
}

const forever = 'public, max-age=31536000, immutable';
/** May be kept, but is asked for again each time (ETag). */
const revalidate = 'no-cache';

/** Serves the sample app at `/` and the SDK at `/sdk/`. What has not been built is missing with a sentence. */
export async function servePages(fastify: FastifyInstance, { app, sdk }: PageFolders): Promise<void> {
  if (existsSync(join(app, 'index.html'))) {
    await fastify.register(fastifyStatic, {
      root: app,
      cacheControl: false,
      setHeaders: (reply, path) => {
        // Names of built assets carry a hash of their content.
        const hashed = path.startsWith(join(app, 'assets') + sep);
        void reply.header('cache-control', hashed ? forever : revalidate);
      },
    });
  } else {
    fastify.get('/', (_request, reply) => missing(reply, 'The sample app'));
  }
  if (existsSync(sdk)) {
    await fastify.register(fastifyStatic, {
      root: sdk,
      prefix: '/sdk/',
      decorateReply: false,
      cacheControl: false,
      index: false,
      setHeaders: (reply) => {
        void reply.header('cache-control', revalidate);
        // Pages of other sites import it from here.
        void reply.header('access-control-allow-origin', '*');
        void reply.header('cross-origin-resource-policy', 'cross-origin');
      },
    });
  } else {
    fastify.get('/sdk/*', (_request, reply) => missing(reply, 'The SDK'));
  }
}

function missing(reply: FastifyReply, what: string) {
  return reply
    .code(503)
    .type('text/plain')
    .send(`${what} has not been built: start the server with npm start.\n`);
}
