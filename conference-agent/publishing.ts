import { randomBytes } from 'node:crypto';
import type { ClientInput, ClientOutput, StreamUpdate } from '../common/contract/client.ts';
import type { PublishedTrack } from '../common/contract/published-track.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { MemberId, ParticipantId, RoomId, StreamId } from '../common/contract/ids.ts';
import { StreamId as StreamIdSchema } from '../common/contract/ids.ts';
import type { Kind } from '../common/contract/media.ts';
import type { SessionEndReason } from '../common/contract/reasons.ts';
import type { Participant } from './participant.ts';
import { requireKinds } from './permissions.ts';
import type { RoomCore } from './room-core.ts';
import type { Seating } from './seating.ts';
import { Stream } from './stream.ts';

type PublishRequest = ClientInput<'publish'>;

export interface PublishingParts {
  seating: Seating;
  /** Ends the subscriptions to a stream that is gone or interrupted. */
  onSourceLost: (stream: Stream, reason: SessionEndReason) => void;
  /** It is in the room now; not all of it need be there yet. */
  onInserted: (stream: Stream) => void;
  /** All of it is there, for the first time; everybody is about to be told. */
  onActivated: (stream: Stream) => void;
  /** Something that is told of it has changed. */
  onChanged: (stream: Stream) => void;
  /** Makes an id free that an agent still has for somebody who is gone. */
  displace: (id: StreamId) => Promise<void>;
}

/** Reasons after which the publisher is expected to publish again: it lost its way to us, not its wish to send. */
const passing: ReadonlySet<SessionEndReason> = new Set([
  'worker_died',
  'agent_lost',
  'transport_closed',
  'shutdown',
]);

/** What participants send. */
export class Publishing {
  readonly #core: RoomCore;
  readonly #parts: PublishingParts;
  readonly #awaited = new Map<StreamId, { timer: NodeJS.Timeout; reason: SessionEndReason }>();

  constructor(core: RoomCore, parts: PublishingParts) {
    this.#core = core;
    this.#parts = parts;
  }

  /** Grants a stream. The same id again is the same stream: a retry, or one published again after an interruption. */
  async publish(participant: Participant, request: PublishRequest): Promise<ClientOutput<'publish'>> {
    this.#requirePermitted(participant, request);
    return await participant.queue.run(async () => {
      // It may have been changed while the request waited.
      this.#requirePermitted(participant, request);
      const stream = this.#register(participant, request);
      try {
        const transportId = await this.#grant(participant, stream);
        return { id: stream.id, transportId, tracks: stream.tracks.map(({ id, type }) => ({ id, type })) };
      } catch (error) {
        if (stream.state === 'opening') this.#withdraw(participant, stream, PorticoError.from(error));
        throw error;
      }
    });
  }

  /** A stream that is published again may keep tracks that are forbidden by now: they stay muted. */
  #requirePermitted({ id, permission }: Participant, request: PublishRequest): void {
    const kinds = request.media.tracks.map((track) => track.type);
    const forbidden = kinds.filter((kind) => permission.publish?.[kind] !== true);
    const known = request.id === undefined ? undefined : this.#core.state.streams.get(request.id);
    const isMuted = (kind: Kind) => known?.owner === id && known.track(kind)?.paused === true;
    if (forbidden.length < kinds.length && forbidden.every(isMuted)) return;
    requireKinds(permission, 'publish', kinds);
  }

  async #grant(participant: Participant, stream: Stream): Promise<string> {
    const { agents, state } = this.#core;
    if (participant.agent === undefined) await this.#parts.seating.open(participant, []);
    const agent = participant.agent;
    if (agent === undefined) throw new PorticoError('worker_lost', 'the media of this participant is gone');
    stream.agent = agent;
    const awaited = this.#awaited.get(stream.id);
    if (awaited !== undefined) this.#awaitReturn(stream, awaited.reason);
    await this.#parts.displace(stream.id);
    const grant = stream.toGrant(this.#core.roomConfig.formats);
    const { transportId } = await agents.call(agent, 'publication.open', { grant });
    if (state.streams.get(stream.id) !== stream) throw state.noStream(stream.id);
    if (stream.agent !== agent)
      throw new PorticoError('worker_lost', 'the media of this participant is gone');
    return transportId;
  }

  /** A stream that could not be granted. The agent may have heard of it when its answer was lost. */
  #withdraw(participant: Participant, stream: Stream, { code }: PorticoError): void {
    this.remove(stream, 'closed');
    if (code === 'stream_exists') return;
    participant.queue
      .run(() => this.revoke(stream, 'closed'))
      .catch((error: unknown) => {
        const { code } = PorticoError.from(error);
        this.#core.log.warn({ room: this.#core.state.id, stream: stream.id, code }, 'stream not revoked');
      });
  }

  #register(participant: Participant, request: PublishRequest): Stream {
    const { state } = this.#core;
    if (state.participants.get(participant.id) !== participant) throw state.noParticipant(participant.id);
    const id = request.id ?? StreamIdSchema.parse(randomBytes(16).toString('hex'));
    const exists = () => existsAlready(id, state.id);
    const existing = state.streams.get(id);
    if (existing !== undefined) {
      const kinds = (tracks: readonly { type: Kind }[]) => tracks.map(({ type }) => type).join();
      if (existing.owner === participant.id && kinds(existing.tracks) === kinds(request.media.tracks)) {
        return existing;
      }
      throw exists();
    }
    // `from` of a subscription is either: nobody may hide somebody's track behind a stream of that name.
    const names = [id, ...request.media.tracks.map((_, index) => Stream.trackId(id, index))];
    if (state.isNamed(names)) throw exists();
    this.#checkLimits(participant);
    const tracks = request.media.tracks.map(({ type, source, parameters }, index) => ({
      id: Stream.trackId(id, index),
      type,
      paused: false,
      ...(source === undefined ? {} : { source }),
      ...(parameters === undefined ? {} : { parameters }),
    }));
    const grant = { id, participant: participant.id, attributes: request.attributes ?? {}, tracks };
    const stream = new Stream(grant);
    this.insert(stream);
    return stream;
  }

  #checkLimits(participant: Participant): void {
    const { state, config } = this.#core;
    this.#checkInputs();
    if (state.streamsOf(participant.id).length >= config.rooms.streams_per_participant) {
      throw new PorticoError('too_many_inputs', 'this participant publishes as many streams as it may');
    }
  }

  #checkInputs(): void {
    const { state, roomConfig } = this.#core;
    const limit = roomConfig.input_limit;
    if (limit < 0 || state.streams.size < limit) return;
    throw new PorticoError('too_many_inputs', `room '${state.id}' has reached its limit of ${limit} streams`);
  }

  /**
   * Adds a stream that no participant sends.
   * @throws PorticoError `stream_exists`, `too_many_inputs`
   */
  admit(stream: Stream): void {
    const { state } = this.#core;
    const { id } = stream;
    if (state.isNamed([id, Stream.trackId(id, 0), Stream.trackId(id, 1)])) throw existsAlready(id, state.id);
    this.#checkInputs();
    this.insert(stream);
  }

  /** Adds a stream, also one found at an agent after a takeover. */
  insert(stream: Stream): void {
    this.#core.state.streams.set(stream.id, stream);
    this.#core.metrics.streams.inc();
    this.#parts.onInserted(stream);
  }

  /** A granted track is being sent; with the last one the stream becomes active and everybody is told. */
  trackAdded(agent: MemberId, id: StreamId, owner: ParticipantId, track: PublishedTrack): void {
    const stream = this.#core.state.streams.get(id);
    const known = stream?.tracks.find((candidate) => candidate.id === track.id);
    // An agent that was left speaks of a producer that nobody may receive any more.
    if (stream?.owner !== owner || stream.agent !== agent || known === undefined) {
      throw this.#core.state.noStream(id);
    }
    // The owner's word on muting stands: it may have changed while the report travelled.
    Object.assign(known, track, { paused: known.paused });
    if (stream.complete && stream.state !== 'active') this.activate(stream);
  }

  /** All of it is there, for the first time or again: everybody is told. */
  activate(stream: Stream): void {
    const { roomConfig, journal, state, events, log } = this.#core;
    this.#stopWaiting(stream);
    stream.state = 'active';
    const again = stream.announced;
    stream.announced = true;
    if (!again) {
      this.#parts.onActivated(stream);
      events.streamAdded(stream);
    }
    log.info({ room: state.id, stream: stream.id, participant: stream.owner, again }, 'stream active');
    const data = stream.toInfo();
    if (again) this.tellChange(stream, { field: '.', value: data });
    else if (roomConfig.notify_streams)
      journal.tellAll({ name: 'stream', data: { id: stream.id, status: 'add', data } });
  }

  /** Tells everybody what has changed of a stream. */
  tellChange(stream: Stream, data: StreamUpdate): void {
    this.#parts.onChanged(stream);
    if (!stream.announced || stream.state === 'ended' || !this.#core.roomConfig.notify_streams) return;
    this.#core.journal.tellAll({ name: 'stream', data: { id: stream.id, status: 'update', data } });
  }

  async unpublish(
    participant: Participant,
    id: StreamId,
    reason: SessionEndReason = 'closed',
  ): Promise<void> {
    const { state } = this.#core;
    await participant.queue.run(async () => {
      const stream = state.streams.get(id);
      if (stream === undefined) throw state.noStream(id);
      if (stream.owner !== participant.id) {
        throw new PorticoError('forbidden', `stream '${id}' belongs to another participant`, { field: 'id' });
      }
      this.remove(stream, reason);
      await this.revoke(stream, reason);
    });
  }

  /** Its agent closes what it holds of a stream. */
  async revoke(stream: Stream, reason: SessionEndReason): Promise<void> {
    if (stream.agent === undefined) return;
    const { id } = stream;
    await this.#core.agents.call(stream.agent, 'publication.close', { id, reason }).catch(ifGone);
  }

  /** Takes a stream out of the room and tells everybody. */
  remove(stream: Stream, reason: SessionEndReason): void {
    const { state, roomConfig, journal, metrics, events } = this.#core;
    if (state.streams.get(stream.id) !== stream) return;
    state.streams.delete(stream.id);
    metrics.streams.dec();
    stream.state = 'ended';
    this.#stopWaiting(stream);
    if (stream.announced) events.streamRemoved(stream, reason);
    if (stream.announced && roomConfig.notify_streams) {
      journal.tellAll({ name: 'stream', data: { id: stream.id, status: 'remove', reason } });
    }
    this.#parts.onSourceLost(stream, 'source_ended');
  }

  /** An agent has ended a stream, or is gone itself. */
  lose(stream: Stream, reason: SessionEndReason): void {
    if (stream.state === 'ended') return;
    if (!passing.has(reason)) {
      this.remove(stream, reason);
      return;
    }
    this.#awaitReturn(stream, reason);
    this.interrupt(stream, reason);
  }

  /** Nothing of it comes for a while. */
  interrupt(stream: Stream, reason: SessionEndReason): void {
    const first = stream.state !== 'interrupted';
    stream.interrupt();
    if (!first) return;
    this.#core.metrics.interruptions.inc({ reason });
    this.tellChange(stream, { field: 'status', value: 'interrupted' });
    this.#parts.onSourceLost(stream, 'source_interrupted');
  }

  /** Its publisher is expected to publish it again soon. */
  #awaitReturn(stream: Stream, reason: SessionEndReason): void {
    this.#stopWaiting(stream);
    const timer = setTimeout(() => {
      // A publisher who is away itself gets the time once it is back.
      if (this.#core.state.participants.get(stream.owner)?.lost === undefined) this.remove(stream, reason);
      else this.#awaitReturn(stream, reason);
    }, this.#core.config.rooms.interrupted_ms);
    this.#awaited.set(stream.id, { timer, reason });
  }

  #stopWaiting(stream: Stream): void {
    clearTimeout(this.#awaited.get(stream.id)?.timer);
    this.#awaited.delete(stream.id);
  }

  stop(): void {
    for (const { timer } of this.#awaited.values()) clearTimeout(timer);
    this.#awaited.clear();
  }
}

const existsAlready = (id: StreamId, room: RoomId): PorticoError =>
  new PorticoError('stream_exists', `stream '${id}' exists already in room '${room}'`, { field: 'id' });

/** An agent that is gone, or has lost a stream, has nothing to close or mute: the next grant says what the room knows. */
export function ifGone(error: unknown): void {
  const { code } = PorticoError.from(error);
  if (code !== 'unavailable' && code !== 'worker_lost' && code !== 'stream_not_found') throw error;
}
