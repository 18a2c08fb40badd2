import { serveContract } from '../common/bus/contract.ts';
import type { BusHandler, CallContext } from '../common/bus/bus.ts';
import { roomAdminContract } from '../common/contract/management.ts';
import { roomContract, type By, type RoomContract } from '../common/contract/conference.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { Handlers } from '../common/contract/rpc.ts';
import { adminHandlers } from './management/room-admin.ts';
import type { Participant } from './participant.ts';
import type { Room } from './room.ts';

/** What a room answers on the bus: each method of the contract goes to the part of the room that knows. */
export function roomHandler(room: Room): BusHandler {
  const handle = serveContract(
    { ...roomContract, ...roomAdminContract },
    { ...requests(room), ...reports(room), ...adminHandlers(room) },
  );
  return async (params, context) => {
    if (room.stopped || room.draining) throw notOwned(room);
    try {
      const answer = await room.during(handle(params, context));
      // It may have been somebody else's room in the end: the caller asks again.
      if (room.stopped) throw notOwned(room);
      return answer;
    } catch (error) {
      if (room.stopped) throw notOwned(room);
      // To a portal `unavailable` means that nobody owns the room; here it is an agent that is gone.
      if (error instanceof PorticoError && error.code === 'unavailable') {
        throw new PorticoError('worker_lost', 'the media agent is not available', error.details, {
          cause: error,
        });
      }
      throw error;
    }
  };
}

function notOwned({ id }: Room): PorticoError {
  return new PorticoError('unavailable', `room '${id}' is no longer owned by this process`);
}

type RoomHandlers = Handlers<RoomContract, CallContext>;
type ReportMethod =
  'trackAdded' | 'sessionsEnded' | 'mixEnded' | 'egressChanged' | 'ingressChanged' | 'speaking';

/** What portals ask for, in the name of participants. */
function requests(room: Room): Omit<RoomHandlers, ReportMethod> {
  const { owner } = room;
  const done = { owner, result: {} };
  const speaker = async ({ participant, portal }: By): Promise<Participant> => {
    // Only a join moves a participant to another portal: this may be the last word of the one that it has left.
    if (!room.state.participants.has(participant)) await room.hear(portal);
    return room.state.participant(participant);
  };
  return {
    join: async (input) => ({ owner, result: await room.admission.join(input) }),
    relogin: async (input) => {
      if (!room.state.participants.has(input.ticket.participant.id)) await room.hear(input.portal);
      return { owner, result: await room.returning.relogin(input) };
    },
    detach: async ({ by, returnWithinMs }) => {
      if (!room.state.participants.has(by.participant)) await room.hear(by.portal);
      return { owner, result: await room.departures.detach(by, returnWithinMs) };
    },
    renewTicket: async ({ by }) => {
      await speaker(by);
      return { owner, result: { generations: room.returning.renewTicket(by) } };
    },
    proveTicket: async ({ by, generation }) => {
      await speaker(by);
      return { owner, result: { generations: room.returning.proveTicket(by, generation) } };
    },
    missed: async ({ portal, participant: id, cursor }) => {
      await room.heard(portal);
      const { complete, entries } =
        id === undefined
          ? room.missed.byPortal(portal, cursor)
          : room.missed.of(room.state.participant(id), cursor);
      return { owner, result: { complete, entries, seq: room.seq } };
    },
    leave: async ({ by, reason }) => {
      if (!room.state.participants.has(by.participant)) await room.hear(by.portal);
      room.admission.cancel(by);
      await room.departures.leave(by, reason);
      return done;
    },
    publish: async ({ by, request }) => {
      return { owner, result: await room.publishing.publish(await speaker(by), request) };
    },
    unpublish: async ({ by, request }) => {
      await room.publishing.unpublish(await speaker(by), request.id);
      return done;
    },
    subscribe: async ({ by, request }) => {
      return { owner, result: await room.subscribing.subscribe(await speaker(by), request) };
    },
    unsubscribe: async ({ by, request }) => {
      await room.subscribing.unsubscribe(await speaker(by), request.id);
      return done;
    },
    'stream-control': async ({ by, request }) => {
      return { owner, result: await room.control.control(await speaker(by), request) };
    },
    'subscription-control': async ({ by, request }) => {
      await room.receiving.control(await speaker(by), request);
      return done;
    },
    'start-recording': async ({ by, request }) => {
      const recording = await room.outside.recordings.start(await speaker(by), request);
      return { owner, result: { recording } };
    },
    'control-recording': async ({ by, request }) => {
      const participant = await speaker(by);
      if (!room.outside.egresses.has(request.id)) await room.hearMixers();
      await room.outside.recordings.control(participant, request);
      return done;
    },
    text: async ({ by, request }) => {
      await room.texts.send(await speaker(by), request);
      return done;
    },
    drop: async ({ by, request }) => {
      await room.departures.drop(await speaker(by), request);
      return done;
    },
    createWebRtcTransport: async ({ by, request: { direction } }) => {
      const participant = await speaker(by);
      const { agent, rtpCapabilities, transports } = await participant.queue.run(() => {
        room.state.participant(participant.id);
        return room.seating.open(participant, [direction]);
      });
      const transport = transports[direction];
      if (transport === undefined) throw new PorticoError('internal', 'the agent returned no transport');
      return { owner, result: { transport, rtpCapabilities, agent } };
    },
  };
}

/** What agents report. */
function reports(room: Room): Pick<RoomHandlers, ReportMethod> {
  const done = { owner: room.owner, result: {} };
  return {
    trackAdded: async (report) => {
      if (!room.state.streams.has(report.publication)) await room.hear(report.agent);
      room.reports.trackAdded(report);
      return done;
    },
    sessionsEnded: async (report) => {
      await room.heard(report.agent);
      room.reports.sessionsEnded(report);
      return done;
    },
    mixEnded: async (report) => {
      await room.heard(report.agent);
      room.mixing.ended(report);
      return done;
    },
    egressChanged: async (report) => {
      if (!room.outside.egresses.has(report.state.id)) await room.hear(report.agent);
      room.outside.egresses.report(report);
      return done;
    },
    ingressChanged: async (report) => {
      if (!room.outside.ingresses.has(report.state.stream)) await room.hear(report.agent);
      room.outside.ingresses.report(report);
      return done;
    },
    speaking: (report) => {
      room.speaking.report(report);
      return done;
    },
  };
}
