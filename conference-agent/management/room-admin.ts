import type { CallContext } from '../../common/bus/bus.ts';
import type { Kind, KindSelector } from '../../common/contract/media.ts';
import type { RoomAdminContract } from '../../common/contract/management.ts';
import type { Handlers } from '../../common/contract/rpc.ts';
import type { Room } from '../room.ts';
import { managedParticipant, managedSubscription } from './managed.ts';

/** What a room answers to management: nobody's permission is asked, the management API has decided that. */
export function adminHandlers(room: Room): Handlers<RoomAdminContract, CallContext> {
  const { state } = room;
  return {
    'admin.participants': () => ({ participants: [...state.participants.values()].map(managedParticipant) }),
    'admin.permit': async ({ id, changes }) => {
      const participant = state.participant(id);
      await room.permitting.permit(participant, changes);
      return { participant: managedParticipant(participant) };
    },
    'admin.drop': async ({ id }) => {
      await room.departures.expel(state.participant(id), 'dropped');
      return {};
    },
    'admin.streams': () => {
      const mixed = [...state.views.values()].map((view) => ({
        info: view.toInfo(),
        ...(view.running === undefined ? {} : { agent: view.running.agent }),
      }));
      const forward = state.announced.map((stream) => ({
        info: stream.toInfo(),
        ...(stream.agent === undefined ? {} : { agent: stream.agent }),
      }));
      return { streams: [...mixed, ...forward] };
    },
    'admin.control': async ({ id, kinds, operation }) => {
      const stream = await room.control.manage({ id, operation, data: selectorOf(kinds) });
      return { stream: stream.toInfo() };
    },
    'admin.mix': (request) => ({ stream: room.mixing.control.mix(request).toInfo() }),
    'admin.layout': ({ id, change }) => ({ stream: room.mixing.control.layout(id, change) }),
    'admin.views': () => ({
      views: [...state.views.values()].map((view) => ({
        stream: view.toInfo(),
        inputs: [...view.mixed],
        ...(view.running === undefined ? {} : { agent: view.running.agent }),
      })),
    }),
    'admin.unpublish': async ({ id }) => {
      await room.control.expel(id);
      return {};
    },
    'admin.subscriptions': () => ({
      subscriptions: [...state.subscriptions.values()].map(managedSubscription),
    }),
  };
}

const selectorOf = ([first, ...others]: readonly Kind[]): KindSelector =>
  first === undefined || others.some((kind) => kind !== first) ? 'av' : first;
