import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { PorticoError } from '../../common/contract/errors.ts';
import type { Logger } from '../../common/observe/log.ts';
import type { Idempotency } from '../store/store.ts';
import { callerOf } from './auth/caller.ts';

/* `Idempotency-Key`: a request that is sent again gets the answer that it got before (draft-ietf-httpapi-idempotency-key). */

const keyPattern = /^[\x21-\x7e]{1,255}$/;

/** What is kept of an answer besides status and body. */
const Kept = z.object({ body: z.string(), headers: z.record(z.string(), z.string()) });
const keptHeaders = ['etag', 'portico-applied'];

const fingerprint = ({ method, url, body, headers }: FastifyRequest): string =>
  createHash('sha256')
    .update(JSON.stringify([method, url, headers.accept ?? '', body ?? null]))
    .digest('base64url');

/** Keys of requests that are being worked on. */
type Pending = WeakMap<FastifyRequest, string>;

async function repeat(
  store: Idempotency,
  pending: Pending,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
): Promise<void> {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return;
  if (typeof key !== 'string' || !keyPattern.test(key)) {
    const message = 'Idempotency-Key must be 1 to 255 visible ASCII characters';
    throw new PorticoError('bad_request', message, { field: 'idempotency-key' });
  }
  const { service } = callerOf(request);
  const known = await store.begin(service.id, key, fingerprint(request), Date.now());
  if (known.state === 'new') {
    pending.set(request, key);
    return;
  }
  if (known.state !== 'done') {
    const message = 'the first request with this Idempotency-Key has not ended yet';
    throw new PorticoError('idempotency_conflict', message, {
      field: 'idempotency-key',
      retryAfterMs: 1_000,
    });
  }
  const kept = Kept.parse(JSON.parse(known.body));
  await reply
    .code(known.status)
    .headers({ ...kept.headers, 'idempotent-replayed': 'true' })
    .type(known.type)
    .serializer(String)
    .send(kept.body);
}

async function keep(
  store: Idempotency,
  key: string,
  answer: { request: FastifyRequest; reply: FastifyReply; payload: unknown },
) {
  const { request, reply, payload } = answer;
  const { service } = callerOf(request);
  if (reply.statusCode >= 300 || typeof payload !== 'string') {
    await store.abandon(service.id, key);
    return;
  }
  const headers: Record<string, string> = {};
  for (const name of keptHeaders) {
    const value = reply.getHeader(name);
    if (typeof value === 'string') headers[name] = value;
  }
  await store.finish(service.id, key, {
    status: reply.statusCode,
    body: JSON.stringify({ body: payload, headers }),
    type: String(reply.getHeader('content-type') ?? 'text/plain'),
  });
}

/** Routes with `config: { idempotent: true }` honour `Idempotency-Key`. */
export function honourIdempotencyKeys(app: FastifyInstance, store: Idempotency, log: Logger): void {
  const pending: Pending = new WeakMap();
  app.addHook('onRoute', (route) => {
    if (route.config?.idempotent !== true) return;
    route.preHandler = [route.preHandler ?? []].flat();
    route.preHandler.push(async (request, reply) => {
      await repeat(store, pending, { request, reply });
    });
    route.onSend = [route.onSend ?? []].flat();
    route.onSend.push(async (request, reply, payload) => {
      const key = pending.get(request);
      if (key === undefined) return payload;
      pending.delete(request);
      try {
        await keep(store, key, { request, reply, payload });
      } catch (error) {
        // The work is done: its answer must not be lost for that.
        log.error({ err: error }, 'answer not kept for its Idempotency-Key');
      }
      return payload;
    });
  });
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route honours `Idempotency-Key`. */
    idempotent?: boolean;
  }
}
