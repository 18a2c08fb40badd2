import { isIP } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { SigningKey } from '../../common/auth/keys.ts';
import { mintToken } from '../../common/auth/mint.ts';
import { parse } from '../../common/bus/contract.ts';
import { RoomId } from '../../common/contract/ids.ts';
import { PorticoError } from '../../common/contract/errors.ts';

const Body = z.strictObject({
  room: RoomId,
  user: z.string().min(1).max(256),
  role: z.string().min(1).max(100),
});

export interface SampleTokenOptions {
  key: SigningKey;
  secure: boolean;
  /** Host names that this server goes by, besides localhost. */
  hosts: readonly string[];
}

/**
 * `POST /sample/tokens {room, user, role}` -> token as text. It hands out tokens to everybody who can reach it, so it is
 * registered in dev mode only, and pages of other origins cannot use it: JSON needs a preflight, which nobody answers.
 */
export function serveSampleTokens(fastify: FastifyInstance, options: SampleTokenOptions): void {
  fastify.post('/sample/tokens', async (request, reply) => {
    const host = requireOwnPage(request, options);
    const { room, user, role } = parse(Body, request.body, 'token request');
    const token = mintToken({ key: options.key, room, user, role, host, secure: options.secure });
    return await reply.type('text/plain').header('cache-control', 'no-store').send(token);
  });
}

/**
 * The host that the page was loaded from.
 * @throws PorticoError `forbidden` when another site asks, also one that made its name point to this server.
 */
function requireOwnPage({ headers }: FastifyRequest, { hosts }: SampleTokenOptions): string {
  const { host, origin } = headers;
  if (host === undefined || !isOwnHost(host, hosts)) {
    throw new PorticoError('forbidden', 'this server does not go by that host name');
  }
  const site = headers['sec-fetch-site'];
  const foreignOrigin = origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);
  const foreignSite = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (foreignOrigin || foreignSite) {
    throw new PorticoError('forbidden', 'only pages of this server may ask for sample tokens');
  }
  return host;
}

function isOwnHost(host: string, names: readonly string[]): boolean {
  if (!URL.canParse(`http://${host}`)) return false;
  const name = new URL(`http://${host}`).hostname;
  const address = name.replace(/^\[|\]$/g, '');
  return isIP(address) !== 0 || name === 'localhost' || name.endsWith('.localhost') || names.includes(name);
}
