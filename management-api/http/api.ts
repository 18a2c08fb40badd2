import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ApiParts } from './parts.ts';

/** How clients of Open WebRTC Toolkit ask for a thing; v1.1 differs in the shape of streams only. */
export type ApiVersion = 'v1' | 'v1.1';

/** A Fastify scope whose routes are typed by their zod schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export interface RouteContext {
  parts: ApiParts;
  version: ApiVersion;
}

/** The routes of one noun. */
export type Routes = (api: Api, context: RouteContext) => Promise<void>;
