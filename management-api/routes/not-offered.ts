import { z } from 'zod';
import { PorticoError } from '../../common/contract/errors.ts';
import type { Api } from '../http/api.ts';
import { callerOf } from '../http/auth/caller.ts';
import { operation } from '../http/operation.ts';
import type { ApiParts } from '../http/parts.ts';
import { PartParams, RoomParams } from '../schemas/common.ts';

/** A part of OWT's API whose engine is not there: the requests are checked, then refused in so many words. */
export interface NotOffered {
  /** Its path below the room, e.g. `recordings`. */
  noun: string;
  tag: string;
  /** Which requests there are; those with a body name its schema. */
  list?: boolean;
  create?: z.ZodType;
  change?: z.ZodType;
  remove?: boolean;
}

const errors = ['room_not_found', 'not_supported'] as const;

/** Adds its routes: 400 for what is malformed, 404 for unknown rooms, 501 for the rest. */
export function addNotOffered(api: Api, parts: ApiParts, { noun, tag, ...offer }: NotOffered): void {
  const documented = (verb: string) =>
    operation({ tag, summary: `${verb} (${noun}); not offered yet.`, ok: z.unknown(), errors });
  const refuse = async (request: { params: { room: string } } & Parameters<typeof callerOf>[0]) => {
    await parts.rooms.reach(callerOf(request), request.params.room);
    throw new PorticoError('not_supported', `this server does not offer ${noun}`, { field: noun });
  };
  const all = `/rooms/:room/${noun}`;
  const one = `${all}/:id`;
  if (offer.list === true) {
    const schema = { ...documented('Lists'), params: RoomParams };
    api.get(all, { schema }, async (request) => await refuse(request));
  }
  if (offer.create !== undefined) {
    const schema = { ...documented('Makes'), params: RoomParams, body: offer.create };
    api.post(all, { schema }, async (request) => await refuse(request));
  }
  if (offer.change !== undefined) {
    const schema = { ...documented('Changes'), params: PartParams, body: offer.change };
    api.patch(one, { schema }, async (request) => await refuse(request));
  }
  if (offer.remove === true) {
    const schema = { ...documented('Ends'), params: PartParams };
    api.delete(one, { schema }, async (request) => await refuse(request));
  }
}
