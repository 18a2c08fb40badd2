import type { Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import { fastify, type FastifyError, type FastifyInstance } from 'fastify';
import { errorCodes, PorticoError } from '../../common/contract/errors.ts';
import type { Logger } from '../../common/observe/log.ts';
import { addSecurityHeaders } from './headers.ts';
import { servePages, type PageFolders } from './pages.ts';
import { serveSampleTokens, type SampleTokenOptions } from './sample-tokens.ts';
import { createWebServer, type Tls } from '../../common/http/tls.ts';

export interface WebOptions {
  tls: Tls | undefined;
  pages: PageFolders;
  /** Dev mode only. */
  sampleTokens: SampleTokenOptions | undefined;
  /** More routes on the same port: health and metrics. */
  registerRoutes: ((fastify: FastifyInstance) => void | Promise<void>) | undefined;
  log: Logger;
}

/** The HTTP side of a portal. Fastify answers requests; the server itself is ours, as Socket.IO sits on it, too. */
export interface Web {
  readonly server: Server | SecureServer;
  readonly fastify: FastifyInstance;
}

/** Largest body of a request, bytes; the largest legitimate one is a token request. */
const bodyLimit = 16_384;

export async function createWeb({ tls, pages, sampleTokens, registerRoutes, log }: WebOptions): Promise<Web> {
  const made: { server?: Server | SecureServer } = {};
  const instance: FastifyInstance = fastify({
    logger: false,
    bodyLimit,
    routerOptions: { maxParamLength: 256 },
    serverFactory: (listener) => (made.server = createWebServer(tls, listener)) as Server,
  });
  instance.removeContentTypeParser('text/plain');
  addSecurityHeaders(instance);
  answerFailures(instance, log);
  await registerRoutes?.(instance);
  if (sampleTokens !== undefined) serveSampleTokens(instance, sampleTokens);
  await servePages(instance, pages);
  await instance.ready();
  return { server: made.server ?? instance.server, fastify: instance };
}

function answerFailures(instance: FastifyInstance, log: Logger): void {
  instance.setNotFoundHandler((_request, reply) => reply.code(404).type('text/plain').send('Not found\n'));
  instance.setErrorHandler((error: FastifyError | PorticoError, request, reply) => {
    if (error instanceof PorticoError) {
      return reply.code(errorCodes[error.code].http).send(error.toWire());
    }
    if (error.statusCode !== undefined && error.statusCode < 500) {
      return reply.code(error.statusCode).send({ code: 'bad_request', message: error.message });
    }
    log.error({ err: error, path: request.routeOptions.url }, 'http request failed');
    return reply.code(500).send(PorticoError.from(error).toWire());
  });
}
