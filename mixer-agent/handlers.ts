import type { CallContext } from '../common/bus/bus.ts';
import type { Owners } from '../common/cluster/owners.ts';
import { memberContract, type MemberContract } from '../common/contract/cluster.ts';
import type { MemberId } from '../common/contract/ids.ts';
import { mixerContract, type MixerContract } from '../common/contract/mixing.ts';
import type { Handlers } from '../common/contract/rpc.ts';
import { pipeHandlers } from '../common/media/pipes/pipe-handlers.ts';
import type { Pipes } from '../common/media/pipes/pipes.ts';
import type { Egresses } from './egresses/egresses.ts';
import type { Ingresses } from './ingresses/ingresses.ts';
import type { Mixes } from './mixes.ts';
import type { Recordings } from './recordings/recordings.ts';

/** Everything that a mixer agent serves at its address. */
export const servedContract = { ...mixerContract, ...memberContract };
export type ServedContract = MixerContract & MemberContract;

export interface HandlerParts {
  self: MemberId;
  owners: Owners;
  mixes: Mixes;
  egresses: Egresses;
  ingresses: Ingresses;
  recordings: Recordings;
  pipes: Pick<Pipes, 'edgePipes' | 'originPipes'>;
}

const done = {};

export function createHandlers(parts: HandlerParts): Handlers<ServedContract, CallContext> {
  const { mixes, egresses, ingresses, recordings, pipes } = parts;
  return {
    ...pipeHandlers(pipes),
    ...memberHandlers(parts),
    'mix.apply': ({ room, owner, spec }) => mixes.apply(room, owner, spec),
    'mix.close': async ({ room, owner, view }) => {
      await mixes.close(room, owner, view);
      return done;
    },
    'mix.measure': ({ room }) => ({ mixes: mixes.measure(room) }),
    'egress.apply': ({ room, owner, spec }) => egresses.apply(room, owner, spec),
    'egress.close': async ({ room, owner, id, reason }) => ({
      state: await egresses.close(room, owner, { id, reason }),
    }),
    'egress.measure': ({ room }) => ({ egresses: egresses.measure(room) }),
    'ingress.apply': ({ room, owner, spec }) => ingresses.apply(room, owner, spec),
    'ingress.close': async ({ room, owner, stream }) => {
      await ingresses.close(room, owner, stream);
      return done;
    },
    'recordings.list': async (asked) => ({ recordings: await recordings.list(asked) }),
    'recordings.unfinished': async (asked) => {
      const found = await recordings.unfinished(asked);
      // What runs here knows more than its folder.
      return { recording: found === undefined ? null : { ...found, ...egresses.find(asked) } };
    },
  };
}

function memberHandlers({
  self,
  owners,
  mixes,
  egresses,
  ingresses,
}: HandlerParts): Handlers<MemberContract, CallContext> {
  return {
    'room.inventory': ({ room }) => ({
      member: self,
      role: 'mixer',
      ...owners.memory(room),
      participants: [],
      seats: [],
      publications: [],
      subscriptions: [],
      usedTokens: [],
      mixes: mixes.inventory(room),
      egresses: egresses.inventory(room),
      ingresses: ingresses.inventory(room),
    }),
    'room.owner': ({ room, owner, stored }) => {
      owners.announced(room, owner, stored);
      return done;
    },
    'room.remember': ({ room, owner, ...memory }) => {
      owners.remember(room, owner, memory);
      return done;
    },
  };
}
