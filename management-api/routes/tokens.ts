import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { PorticoError } from '../../common/contract/errors.ts';
import { RoomId, TokenId } from '../../common/contract/ids.ts';
import type { Api, Routes } from '../http/api.ts';
import { record } from '../http/audit.ts';
import { callerOf } from '../http/auth/caller.ts';
import { operation } from '../http/operation.ts';
import { linkNext, pageOf } from '../http/paging.ts';
import type { ApiParts } from '../http/parts.ts';
import { IdParams, RoomParams } from '../schemas/common.ts';
import { RevocationResult } from '../schemas/revocations.ts';
import {
  IssuedToken,
  TokenCreation,
  TokenList,
  TokenListQuery,
  TokenText,
  type Token,
} from '../schemas/tokens.ts';
import type { TokenRow, TokenState } from '../store/store.ts';
import { issue } from '../tokens/issue.ts';
import { revoke } from '../tokens/revoke.ts';

const tag = 'Tokens';

/** Tokens: making, listing and revoking them. */
export const tokenRoutes: Routes = async (api, { parts }) => {
  addCreate(api, parts);
  addList(api, parts);
  addDelete(api, parts);
};

const json = 'application/json';

/** Clients of Open WebRTC Toolkit expect the bare token; others ask for JSON. */
function wantsJson({ headers }: FastifyRequest): boolean {
  const types = (headers.accept ?? '').split(',').map((type) => type.split(';')[0]?.trim().toLowerCase());
  const at = types.indexOf(json);
  const text = types.findIndex((type) => type === 'text/plain' || type === '*/*');
  return at !== -1 && (text === -1 || at < text);
}

const answer = {
  description: 'The token as text; with `Accept: application/json` what there is to know about it, too.',
  content: { 'text/plain': { schema: TokenText }, [json]: { schema: IssuedToken } },
};

function addCreate(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Makes a token that lets one user into a room, once.',
      description: 'User and role may also stand in the MAuth header.',
      ok: answer,
      errors: ['room_not_found', 'resource_exhausted', 'idempotency_conflict'],
    }),
    params: RoomParams,
    body: TokenCreation.prefault({}),
  };
  const { config, membership, directory, store } = parts;
  const options = { config, membership, directory, tokens: store.tokens };
  api.post('/rooms/:room/tokens', { schema, config: { idempotent: true } }, async (request, reply) => {
    const caller = callerOf(request);
    const room = await parts.rooms.reach(caller, request.params.room);
    const issued = await issue(options, caller, { room, request: request.body });
    if (!wantsJson(request)) return await reply.type('text/plain; charset=utf-8').send(issued.token);
    return await reply.type(json).serializer(JSON.stringify).send(issued);
  });
}

function stateOf({ usedAt, revokedAt, expiresAt }: TokenRow, now: number): TokenState {
  if (revokedAt !== undefined) return 'revoked';
  if (usedAt !== undefined) return 'used';
  return expiresAt <= now ? 'expired' : 'issued';
}

function tokenOf({ service: _service, ...row }: TokenRow, state: TokenState): Token {
  return { ...row, state };
}

function addList(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Lists tokens that this API issued.',
      ok: TokenList,
      errors: ['forbidden'],
    }),
    querystring: TokenListQuery,
  };
  api.get('/tokens', { schema }, async (request, reply) => {
    const { room, user, state, service, ...page } = request.query;
    const now = Date.now();
    const filter = {
      service: serviceIn(request, service),
      ...(user === undefined ? {} : { user }),
      ...(state === undefined ? {} : { state }),
    };
    const wanted = RoomId.safeParse(room);
    if (room !== undefined && !wanted.success) return [];
    const of = wanted.success ? { room: wanted.data } : {};
    const found = await parts.store.tokens.list({ ...filter, ...of }, pageOf(page), now);
    return linkNext(request, reply, found).map((row) => tokenOf(row, stateOf(row, now)));
  });
}

/** The service whose tokens are meant. */
function serviceIn(request: FastifyRequest, wanted: string | undefined): string {
  const { service, isSuper } = callerOf(request);
  if (wanted === undefined || wanted === service.id || isSuper) return wanted ?? service.id;
  throw new PorticoError('forbidden', 'only the super service may look at those of others', {
    field: 'service',
  });
}

function addDelete(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Revokes a token; whoever joined with it is dropped.',
      ok: RevocationResult,
      errors: ['not_found'],
    }),
    params: IdParams,
    querystring: z.object({
      service: TokenListQuery.shape.service,
    }),
  };
  api.delete('/tokens/:id', { schema }, async (request) => {
    const id = TokenId.safeParse(request.params.id);
    const service = serviceIn(request, request.query.service);
    const row = id.success ? await parts.store.tokens.get(id.data, service) : undefined;
    if (row === undefined) throw new PorticoError('not_found', 'Token not found');
    const { config, pushes, store } = parts;
    const target = { token: row.id, room: row.room };
    const revoked = await revoke({ config, pushes, revocations: store.revocations }, service, target);
    await record(parts, request, { action: 'token.revoke', room: row.room, target: row.id });
    return revoked;
  });
}
