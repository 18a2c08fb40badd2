import cors from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { clientAddress } from '../../common/http/client-address.ts';
import type { Config } from '../../common/config/schema.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import { analyticsRoutes } from '../routes/analytics.ts';
import { auditRoutes } from '../routes/audit.ts';
import { bridgeRoutes } from '../routes/bridges.ts';
import { clusterRoutes } from '../routes/cluster.ts';
import { participantRoutes } from '../routes/participants.ts';
import { recordingRoutes } from '../routes/recordings.ts';
import { revocationRoutes } from '../routes/revocations.ts';
import { roomRoutes } from '../routes/rooms.ts';
import { serviceRoutes } from '../routes/services.ts';
import { sipCallRoutes } from '../routes/sipcalls.ts';
import { statusRoutes } from '../routes/status.ts';
import { streamingInRoutes } from '../routes/streaming-ins.ts';
import { streamingOutRoutes } from '../routes/streaming-outs.ts';
import { streamRoutes } from '../routes/streams.ts';
import { tokenRoutes } from '../routes/tokens.ts';
import { viewRoutes } from '../routes/views.ts';
import { webhookRoutes } from '../routes/webhooks.ts';
import type { Routes } from './api.ts';
import { Authenticator } from './auth/authenticate.ts';
import { callerKey } from './auth/caller.ts';
import { acceptBodies, bodyLimit } from './bodies.ts';
import { honourIdempotencyKeys } from './idempotency.ts';
import { serveOpenApi } from './openapi.ts';
import type { ApiParts } from './parts.ts';
import { answerProblems, answerUnknownPaths } from './problems.ts';
import { acceptTrailingSlash } from './trailing-slash.ts';

/**
 * Adds the management API to an HTTP server: `/v1`, `/v1.1`, `/services`, `/openapi.json` and `/docs`. What else the
 * server has stays as it is.
 */
export async function registerManagement(app: FastifyInstance, parts: ApiParts): Promise<void> {
  await app.register(async (scope) => {
    scope.setValidatorCompiler(checkPart);
    scope.setSerializerCompiler(serializerCompiler);
    answerProblems(scope, parts.log);
    await acceptBodies(scope);
    await serveOpenApi(scope, parts.version);
    await scope.register(async (api) => {
      await registerApi(api, parts);
    });
  });
}

/** Schemas check the parts of requests. A body that is missing comes as null: to a schema it is undefined. */
const checkPart: typeof validatorCompiler = (part) => {
  const check = validatorCompiler(part);
  return part.httpPart === 'body' ? (value) => check(value ?? undefined) : check;
};

async function registerApi(api: FastifyInstance, parts: ApiParts): Promise<void> {
  const { config, directory, store, log } = parts;
  const addressOf = ({ ip, headers }: FastifyRequest) =>
    clientAddress(ip, headers['x-forwarded-for'], config.server.trusted_proxies);
  const authenticator = new Authenticator({
    directory,
    nonces: store.nonces,
    config: config.management,
    addressOf,
  });
  api.decorateRequest(callerKey, null);
  api.addHook('onRoute', (route) => {
    route.bodyLimit = bodyLimit;
  });
  honourIdempotencyKeys(api, store.idempotency, log);
  acceptTrailingSlash(api);
  const prefixes: Record<string, Routes> = {
    '/v1': allRoutes,
    '/v1.1': allRoutes,
    '/services': serviceRoutes,
  };
  for (const [prefix, routes] of Object.entries(prefixes)) {
    await api.register(
      async (scope) => {
        answerUnknownPaths(scope);
        await allowOrigins(scope, config.management);
        await scope.register(async (signed) => {
          signed.addHook('onRequest', authenticator.hook);
          signed.addHook('onRequest', refuseNul);
          signed.addHook('onRequest', async (_request, reply) => {
            void reply.header('cache-control', 'no-store');
          });
          await signed.register(routes, { parts, version: prefix === '/v1.1' ? 'v1.1' : 'v1' });
        });
      },
      { prefix },
    );
  }
}

const allRoutes: Routes = async (api, context) => {
  const nouns = [
    roomRoutes,
    statusRoutes,
    participantRoutes,
    streamRoutes,
    viewRoutes,
    streamingInRoutes,
    streamingOutRoutes,
    recordingRoutes,
    analyticsRoutes,
    sipCallRoutes,
    bridgeRoutes,
    tokenRoutes,
    revocationRoutes,
    auditRoutes,
    clusterRoutes,
    webhookRoutes,
  ];
  for (const routes of nouns) await api.register(routes, context);
  await api.register(serviceRoutes, { ...context, prefix: '/services' });
};

/** Not every database can look for a NUL character; no name or id has one. */
async function refuseNul({ url }: FastifyRequest): Promise<void> {
  if (url.includes('%00')) throw new PorticoError('bad_request', 'the URL contains a NUL character');
}

/** Browsers may call from the origins of the configuration. */
async function allowOrigins(scope: FastifyInstance, { cors: origins }: Config['management']): Promise<void> {
  if (origins.length === 0) return;
  await scope.register(cors, {
    origin: origins.includes('*') ? '*' : origins,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['origin', 'authorization', 'content-type', 'accept', 'if-match', 'idempotency-key'],
    exposedHeaders: [
      'etag',
      'link',
      'portico-applied',
      'retry-after',
      'www-authenticate',
      'idempotent-replayed',
    ],
    maxAge: 600,
  });
}

export type { RouteContext as RouteOptions } from './api.ts';
