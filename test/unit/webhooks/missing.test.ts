import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RoomEvent } from '../../../common/contract/management.ts';
import type { ForwardStreamInfo } from '../../../common/contract/media.ts';
import { missing, type Picture } from '../../../management-api/webhooks/missing.ts';
import type { Presence } from '../../../management-api/store/store.ts';
import { participant, stream } from './fixtures.ts';

/** A room as somebody who only hears events believes it to be; refuses events that make no sense. */
class Listener {
  running = false;
  readonly people = new Set<string>();
  readonly streams = new Map<string, string>();

  hear(event: RoomEvent): void {
    const fits = this.#take(event);
    assert.ok(fits, `makes no sense here: ${JSON.stringify(event)}`);
  }

  #take(event: RoomEvent): boolean {
    if (event.type === 'room_started') return !this.running && (this.running = true);
    if (!this.running) return false;
    switch (event.type) {
      case 'room_ended':
        this.running = false;
        return this.people.size === 0 && this.streams.size === 0;
      case 'participant_joined':
        return !this.people.has(event.participant.id) && this.people.add(event.participant.id).size > 0;
      case 'participant_left':
        return (
          ![...this.streams.values()].includes(event.participant.id) &&
          this.people.delete(event.participant.id)
        );
      case 'stream_added': {
        const { id, info } = event.stream as ForwardStreamInfo;
        return (
          this.people.has(info.owner) && !this.streams.has(id) && this.streams.set(id, info.owner).size > 0
        );
      }
      case 'stream_removed':
        return this.streams.delete(event.stream.id);
      case 'mix_started':
      case 'mix_stopped':
      case 'layout_changed':
      case 'recording_started':
      case 'recording_ended':
      case 'recording_ready':
      case 'live_started':
      case 'live_changed':
      case 'live_ended':
        return true;
    }
  }

  get presence(): Presence {
    return {
      running: this.running,
      participants: new Map([...this.people].map((id) => [id, participant(id)])),
      streams: new Map([...this.streams].map(([id, owner]) => [id, stream(id, owner)])),
    };
  }

  get picture(): Picture {
    const { participants, streams } = this.presence;
    return { participants: [...participants.values()], streams: [...streams.values()] };
  }

  /** What can be compared. */
  get view(): unknown {
    return {
      running: this.running,
      people: [...this.people].sort(),
      streams: [...this.streams.keys()].sort(),
    };
  }
}

/** One step of a life of a room: who it is about, and whether it starts or ends something. */
const step = fc.record({
  kind: fc.constantFrom('person', 'stream', 'room'),
  id: fc.integer({ min: 0, max: 4 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What happens in a room at a step; everything that it entails first. */
function events(room: Listener, { kind, id }: Step): RoomEvent[] {
  const person = `p${id}`;
  const streamId = `s${id}`;
  const starts: RoomEvent[] = room.running ? [] : [{ type: 'room_started' }];
  if (kind === 'room')
    return room.running ? [...leaves(room, [...room.people]), { type: 'room_ended' }] : starts;
  if (kind === 'person') {
    if (room.people.has(person)) return leaves(room, [person]);
    return [...starts, { type: 'participant_joined', participant: participant(person) }];
  }
  const owner = room.streams.get(streamId);
  if (owner !== undefined) {
    return [{ type: 'stream_removed', stream: stream(streamId, owner), reason: 'closed' }];
  }
  return room.people.has(person) ? [{ type: 'stream_added', stream: stream(streamId, person) }] : [];
}

function leaves(room: Listener, people: string[]): RoomEvent[] {
  return people.flatMap((id): RoomEvent[] => [
    ...[...room.streams]
      .filter(([, owner]) => owner === id)
      .map(([streamId]): RoomEvent => ({
        type: 'stream_removed',
        stream: stream(streamId, id),
        reason: 'participant_left',
      })),
    { type: 'participant_left', participant: participant(id), reason: 'left' },
  ]);
}

/** Lives on; returns what happened. */
function live(room: Listener, steps: readonly Step[]): RoomEvent[] {
  return steps.flatMap((one) => {
    const happened = events(room, one);
    for (const event of happened) room.hear(event);
    return happened;
  });
}

function hearAll(...parts: RoomEvent[][]): Listener {
  const listener = new Listener();
  for (const event of parts.flat()) listener.hear(event);
  return listener;
}

const lives = fc.tuple(fc.array(step), fc.array(step), fc.array(step));

/** A report whose events are all new. */
const all = (events: RoomEvent[]) => ({ events, fresh: events.length });

describe('events that an owner which died did not get through', () => {
  it('add up, with what was told, to what the new owner sees, and each makes sense where it comes', () => {
    fc.assert(
      fc.property(lives, ([before, lost, after]) => {
        const room = new Listener();
        const told = live(room, before);
        live(room, lost);
        // The new owner finds a room that runs.
        fc.pre(room.running);
        const known = hearAll(told);
        const fresh = live(room, after);
        const extra = missing(known.presence, room.picture, all(fresh));
        assert.deepEqual(hearAll(told, extra, fresh).view, room.view);
      }),
    );
  });

  it('end the life of a room that ended untold when the room is new', () => {
    fc.assert(
      fc.property(lives, ([before, , after]) => {
        const room = new Listener();
        const told = live(room, before);
        const known = hearAll(told);
        const reborn = new Listener();
        const fresh = live(reborn, after);
        fc.pre(fresh.length > 0);
        const extra = missing(known.presence, reborn.picture, all(fresh));
        assert.deepEqual(hearAll(told, extra, fresh).view, reborn.view);
      }),
    );
  });

  it('are none when nothing was lost', () => {
    fc.assert(
      fc.property(fc.array(step), fc.array(step), (before, after) => {
        const room = new Listener();
        const told = live(room, before);
        fc.pre(room.running);
        const fresh = live(room, after);
        fc.pre(fresh.every(({ type }) => type !== 'room_started'));
        assert.deepEqual(missing(hearAll(told).presence, room.picture, all(fresh)), []);
      }),
    );
  });

  it('are the same whether the picture was taken before or after the new events', () => {
    fc.assert(
      fc.property(lives, ([before, lost, after]) => {
        const room = new Listener();
        const { presence } = hearAll(live(room, before));
        live(room, lost);
        fc.pre(room.running);
        const early = room.picture;
        const fresh = live(room, after);
        const sorted = (picture: Picture): string[] =>
          missing(presence, picture, all(fresh))
            .map((event) => JSON.stringify(event))
            .sort();
        assert.deepEqual(sorted(room.picture), sorted(early));
      }),
    );
  });

  it('are none when a report is repeated that has grown since, whatever became of the room', () => {
    fc.assert(
      fc.property(lives, ([before, first, after]) => {
        const room = new Listener();
        const told = live(room, before);
        fc.pre(room.running);
        const known = hearAll(told);
        const early = room.picture;
        const reported = live(room, first);
        for (const event of reported) known.hear(event);
        const fresh = live(room, after);
        for (const picture of [early, room.picture]) {
          const report = { events: [...reported, ...fresh], fresh: fresh.length };
          assert.deepEqual(missing(known.presence, picture, report), []);
        }
      }),
    );
  });

  it('say of a stream whether its participant left with it', () => {
    const told: Presence = {
      running: true,
      participants: new Map([
        ['a', participant('a')],
        ['b', participant('b')],
      ]),
      streams: new Map([
        ['sa', stream('sa', 'a')],
        ['sb', stream('sb', 'b')],
      ]),
    };
    const extra = missing(told, { participants: [participant('b')], streams: [] }, all([]));
    assert.deepEqual(
      extra.map((event) => [event.type, 'reason' in event ? event.reason : undefined]),
      [
        ['stream_removed', 'participant_left'],
        ['stream_removed', 'orphaned'],
        ['participant_left', 'disconnected'],
      ],
    );
  });
});
