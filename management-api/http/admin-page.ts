import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';

const built = fileURLToPath(new URL('../../client/dist/admin-page', import.meta.url));

const forever = 'public, max-age=31536000, immutable';
/** May be kept, but is asked for again each time (ETag). */
const revalidate = 'no-cache';

/** The page runs only its own code, talks only to the server it came from, and stands in no other page. */
const headers: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
};

/**
 * Serves the admin page at `/admin/`. When it has not been built a sentence says so.
 *
 * @param folder where it was built
 */
export async function serveAdminPage(app: FastifyInstance, folder = built): Promise<void> {
  // Relative: a reverse proxy may have put the server below another path.
  app.get('/admin', (_request, reply) => reply.redirect('admin/', 308));
  await app.register(async (scope) => {
    scope.addHook('onRequest', async (_request, reply) => {
      void reply.headers(headers);
    });
    if (!existsSync(join(folder, 'index.html'))) {
      scope.get('/admin/*', (_request, reply) => missing(reply));
      return;
    }
    await scope.register(fastifyStatic, {
      root: folder,
      prefix: '/admin/',
      decorateReply: false,
      cacheControl: false,
      setHeaders: (reply, path) => {
        // Names of built assets carry a hash of their content.
        const hashed = path.startsWith(join(folder, 'assets') + sep);
        void reply.header('cache-control', hashed ? forever : revalidate);
      },
    });
  });
}

const missing = (reply: FastifyReply) =>
  reply
    .code(503)
    .type('text/plain')
    .send('The admin page has not been built: start the server with npm start.\n');
