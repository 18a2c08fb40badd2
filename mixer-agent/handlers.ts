import type { CallContext } from '../common/bus/bus.ts';
import { memberContract, type MemberContract } from '../common/contract/cluster.ts';
import type { MemberId } from '../common/contract/ids.ts';
import { mixerContract, type MixerContract } from '../common/contract/mixing.ts';
import type { Handlers } from '../common/contract/rpc.ts';
import { pipeHandlers } from '../common/media/pipes/pipe-handlers.ts';
import type { Pipes } from '../common/media/pipes/pipes.ts';
import type { Mixes } from './mixes.ts';

/** Everything that a mixer agent serves at its address. */
export const servedContract = { ...mixerContract, ...memberContract };
export type ServedContract = MixerContract & MemberContract;

export interface HandlerParts {
  self: MemberId;
  mixes: Mixes;
  pipes: Pick<Pipes, 'edgePipes' | 'originPipes'>;
}

const done = {};

export function createHandlers({ self, mixes, pipes }: HandlerParts): Handlers<ServedContract, CallContext> {
  return {
    ...pipeHandlers(pipes),
    ...memberHandlers(self, mixes),
    'mix.apply': ({ room, owner, spec }) => mixes.apply(room, owner, spec),
    'mix.close': async ({ room, owner, view }) => {
      await mixes.close(room, owner, view);
      return done;
    },
    'mix.measure': ({ room }) => ({ mixes: mixes.measure(room) }),
  };
}

function memberHandlers(self: MemberId, mixes: Mixes): Handlers<MemberContract, CallContext> {
  const { owners } = mixes;
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
    }),
    'room.owner': ({ room, owner, stored }) => {
      owners.announced(room, owner, stored);
      return done;
    },
    'room.views': ({ room, owner, views }) => {
      owners.viewed(room, owner, views);
      return done;
    },
  };
}
