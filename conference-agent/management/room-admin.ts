import type { CallContext } from '../../common/bus/bus.ts';
import type { EgressId } from '../../common/contract/ids.ts';
import type { Kind, KindSelector } from '../../common/contract/media.ts';
import type { RoomAdminContract } from '../../common/contract/management.ts';
import type { Handlers } from '../../common/contract/rpc.ts';
import type { Room } from '../room.ts';
import { managedParticipant, managedSubscription } from './managed.ts';

type AdminHandlers = Handlers<RoomAdminContract, CallContext>;

/** What a room answers to management: nobody's permission is asked, the management API has decided that. */
export function adminHandlers(room: Room): AdminHandlers {
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
    ...outsideHandlers(room),
    'admin.unpublish': async ({ id }) => {
      await room.control.expel(id);
      return {};
    },
    'admin.subscriptions': () => ({
      subscriptions: [...state.subscriptions.values()].map(managedSubscription),
    }),
  };
}

type OutsideMethod = Extract<keyof RoomAdminContract, `admin.egress${string}` | `admin.ingress${string}`>;

/** Recordings, live streams out and in. */
function outsideHandlers({ outside, hearMixers }: Room): Pick<AdminHandlers, OutsideMethod> {
  const { egresses, ingresses } = outside;
  /** One may run on an agent that has not answered a new owner yet. */
  const hear = async (id: EgressId) => {
    if (!egresses.has(id)) await hearMixers();
  };
  return {
    'admin.egress.start': async (request) => {
      await hear(request.id);
      const egress = await egresses.start({ ...request, origin: { by: 'admin' }, field: 'media' });
      return { egress: egress.toManaged() };
    },
    'admin.egress.change': async ({ id, changes }) => {
      await hear(id);
      return { egress: (await egresses.change(id, changes)).toManaged() };
    },
    'admin.egress.stop': async ({ id }) => {
      await hear(id);
      return { egress: await egresses.finish(id) };
    },
    'admin.egresses': async ({ type, id }) => {
      const running = egresses.list(type).filter((egress) => id === undefined || egress.id === id);
      const over = id === undefined ? undefined : egresses.unfinished(id);
      const wanted = over !== undefined && (type === undefined || over.target.type === type) ? [over] : [];
      return { egresses: [...(await outside.measure(running)), ...wanted] };
    },
    'admin.ingress.start': async ({ spec }) => {
      if (!ingresses.has(spec.stream)) await hearMixers();
      return { ingress: await ingresses.start(spec) };
    },
    'admin.ingresses': () => ({ ingresses: ingresses.list() }),
  };
}

const selectorOf = ([first, ...others]: readonly Kind[]): KindSelector =>
  first === undefined || others.some((kind) => kind !== first) ? 'av' : first;
