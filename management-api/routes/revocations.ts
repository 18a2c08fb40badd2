import { PorticoError } from '../../common/contract/errors.ts';
import type { Api, Routes } from '../http/api.ts';
import { record } from '../http/audit.ts';
import { callerOf, type Caller } from '../http/auth/caller.ts';
import { operation } from '../http/operation.ts';
import type { ApiParts } from '../http/parts.ts';
import { RevocationCreation, RevocationList, RevocationResult } from '../schemas/revocations.ts';
import { revoke, type RevocationTarget } from '../tokens/revoke.ts';

const tag = 'Revocations';

/** Tokens that join nobody any more: of a user, of a room, or a single one. */
export const revocationRoutes: Routes = async (api, { parts }) => {
  addCreate(api, parts);
  addList(api, parts);
};

type Wanted = { [K in keyof RevocationTarget]?: RevocationTarget[K] | undefined };

/** What a request means, and whose tokens: those of the service that the room belongs to. */
async function targetOf(
  { rooms, store }: ApiParts,
  caller: Caller,
  { token, user, room }: Wanted,
): Promise<{ service: string; target: RevocationTarget }> {
  const issued = token === undefined ? undefined : await store.tokens.get(token, caller.service.id);
  const named = room ?? issued?.room;
  if (token !== undefined && named === undefined) {
    const message = "token was not issued here: name its room, too (field 'room')";
    throw new PorticoError('bad_request', message, { field: 'room' });
  }
  const found = named === undefined ? undefined : await rooms.reach(caller, named);
  return {
    service: found?.stored?.service ?? caller.service.id,
    target: {
      ...(token === undefined ? {} : { token }),
      ...(user === undefined ? {} : { user }),
      ...(named === undefined ? {} : { room: named }),
    },
  };
}

function addCreate(api: Api, parts: ApiParts): void {
  const schema = {
    ...operation({
      tag,
      summary: 'Revokes tokens; whoever joined with them is dropped.',
      description: 'Those of a user or room mean tokens that were issued until now.',
      ok: RevocationResult,
      errors: ['room_not_found', 'idempotency_conflict'],
    }),
    body: RevocationCreation,
  };
  const { config, pushes, store } = parts;
  const options = { config, pushes, revocations: store.revocations };
  api.post('/revocations', { schema, config: { idempotent: true } }, async (request) => {
    const { service, target } = await targetOf(parts, callerOf(request), request.body);
    const revoked = await revoke(options, service, target);
    const { room, token, user } = target;
    await record(parts, request, {
      action: 'token.revoke',
      ...(room === undefined ? {} : { room }),
      target: revoked.id,
      detail: { token, user, dropped: revoked.dropped },
    });
    return revoked;
  });
}

function addList(api: Api, parts: ApiParts): void {
  const schema = operation({
    tag,
    summary: 'Lists revocations that still concern somebody.',
    ok: RevocationList,
  });
  api.get('/revocations', { schema }, async (request) =>
    parts.store.revocations.list(callerOf(request).service.id, Date.now()),
  );
}
