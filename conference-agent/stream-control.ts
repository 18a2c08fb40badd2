import type { ClientInput, ClientOutput } from '../common/contract/client.ts';
import type { PublishedTrack } from '../common/contract/published-track.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { ParticipantId, StreamId } from '../common/contract/ids.ts';
import type { Kind, KindSelector } from '../common/contract/media.ts';
import type { SessionEndReason } from '../common/contract/reasons.ts';
import type { Ingresses } from './ingress/ingresses.ts';
import type { Participant } from './participant.ts';
import { requireModerator } from './permissions.ts';
import { ifGone, type Publishing } from './publishing.ts';
import type { RoomCore } from './room-core.ts';
import type { Stream } from './stream.ts';
import type { ViewControl } from './views/view-control.ts';

type Request = Extract<ClientInput<'stream-control'>, { operation: 'pause' | 'play' }>;

/** Which kinds `audio`, `video` or `av` means. */
export const kindsOf = (selector: KindSelector): Kind[] =>
  selector === 'av' ? ['audio', 'video'] : [selector];

export interface StreamControlParts {
  publishing: Publishing;
  views: () => ViewControl;
  ingresses: () => Ingresses;
}

/** What is done to streams besides sending them: muting, ending those of others, mixing. */
export class StreamControl {
  readonly #core: RoomCore;
  readonly #publishing: Publishing;
  readonly #views: () => ViewControl;
  readonly #ingresses: () => Ingresses;

  constructor(core: RoomCore, { publishing, views, ingresses }: StreamControlParts) {
    this.#core = core;
    this.#publishing = publishing;
    this.#views = views;
    this.#ingresses = ingresses;
  }

  /** Mutes or unmutes for everybody (whoever comes later sees it in the stream's description), or mixes. */
  async control(
    participant: Participant,
    request: ClientInput<'stream-control'>,
  ): Promise<ClientOutput<'stream-control'>> {
    if (!isMuting(request)) return this.#views().control(participant, request);
    await this.#control(this.#controllable(participant, request), request, participant.id);
    return {};
  }

  /**
   * Management mutes or unmutes.
   * @throws PorticoError `stream_not_found`, `track_not_found`; `forbidden` to unmute what its owner may not send
   */
  async manage(request: Request): Promise<Stream> {
    const stream = this.#announced(request.id);
    await this.#control(stream, request);
    return stream;
  }

  /**
   * Management ends a stream.
   * @throws PorticoError `stream_not_found`
   */
  async expel(id: StreamId): Promise<void> {
    const { state } = this.#core;
    const ingresses = this.#ingresses();
    if (ingresses.has(id)) {
      await ingresses.remove(id, 'dropped');
      return;
    }
    const stream = this.#announced(id);
    await state.participant(stream.owner).queue.run(async () => {
      if (state.streams.get(id) !== stream) throw state.noStream(id);
      await this.#end(stream, 'dropped');
    });
  }

  /**
   * The permission of a participant has changed: ends or mutes what it may not send any more. In the queue of the
   * participant; resolves when its agent has done so.
   */
  async enforce({ id, permission }: Participant): Promise<void> {
    const streams = this.#core.state.streamsOf(id);
    await Promise.all(
      streams.map(async (stream) => {
        const forbidden = stream.tracks.filter(({ type }) => permission.publish?.[type] !== true);
        const [first] = forbidden;
        if (first === undefined) return;
        if (forbidden.length === stream.tracks.length) await this.#end(stream, 'permission_revoked');
        else await this.#set(stream, { operation: 'pause', data: first.type });
      }),
    );
  }

  async #control(stream: Stream, { id, operation, data }: Request, by?: ParticipantId): Promise<void> {
    const { state } = this.#core;
    const tracks = stream.tracks.filter((track) => kindsOf(data).includes(track.type));
    if (tracks.length === 0) {
      throw new PorticoError('track_not_found', `stream '${id}' has no ${data} track`, { field: 'data' });
    }
    if (stream.isFetched) {
      const paused = operation === 'pause';
      await this.#ingresses().mute(id, kindsOf(data), paused);
      const meant = stream.tracks.filter(({ type }) => kindsOf(data).includes(type));
      this.#mark(stream, meant, paused, by);
      return;
    }
    const owner = state.participant(stream.owner);
    // In the order of what its owner does to it, whoever asks: the agent and the room must end up agreeing.
    await owner.queue.run(async () => {
      if (state.streams.get(id) !== stream) throw state.noStream(id);
      if (operation === 'play') requireUnmutable(owner, tracks);
      await this.#set(stream, { operation, data }, by);
    });
  }

  /** In the queue of its owner. */
  async #set(stream: Stream, { operation, data }: Omit<Request, 'id'>, by?: ParticipantId): Promise<void> {
    const { id, agent, tracks } = stream;
    // An interrupted stream takes its mute along in the grant when it is published again.
    if (agent !== undefined) {
      await this.#core.agents.call(agent, 'publication.control', { id, operation, data }).catch(ifGone);
    }
    const meant = tracks.filter((track) => kindsOf(data).includes(track.type));
    this.#mark(stream, meant, operation === 'pause', by);
  }

  /** Ends a stream that its owner did not end. */
  async #end(stream: Stream, reason: SessionEndReason): Promise<void> {
    const { id, owner } = stream;
    const data = { id, sessionId: id, status: 'error' as const, data: { reason, transports: false } };
    this.#core.journal.tell([owner], { name: 'progress', data });
    this.#publishing.remove(stream, reason);
    await this.#publishing.revoke(stream, reason);
  }

  #announced(id: StreamId): Stream {
    const stream = this.#core.state.streams.get(id);
    if (stream?.announced !== true) throw this.#core.state.noStream(id);
    return stream;
  }

  /** @throws PorticoError `stream_not_found`, `forbidden`. */
  #controllable(participant: Participant, { id, operation }: Request): Stream {
    const { state } = this.#core;
    const stream = state.streams.get(id);
    if (stream?.owner === participant.id) return stream;
    if (stream?.announced !== true) throw state.noStream(id);
    requireModerator(participant.permission, 'control streams of others');
    if (operation === 'play') {
      throw new PorticoError('forbidden', 'only its owner can unmute a stream', { field: 'operation' });
    }
    return stream;
  }

  #mark(stream: Stream, tracks: PublishedTrack[], paused: boolean, by?: ParticipantId): void {
    for (const track of tracks) {
      if (track.paused === paused) continue;
      track.paused = paused;
      const value = paused ? 'inactive' : 'active';
      const field = `${track.type}.status` as const;
      this.#publishing.tellChange(stream, { field, value, ...(by === undefined ? {} : { by }) });
    }
  }
}

const isMuting = (request: ClientInput<'stream-control'>): request is Request =>
  request.operation === 'pause' || request.operation === 'play';

/** @throws PorticoError `forbidden` when the owner of a stream may not send one of these tracks. */
function requireUnmutable({ permission }: Participant, tracks: readonly PublishedTrack[]): void {
  const kept = tracks.find(({ type }) => permission.publish?.[type] !== true);
  if (kept === undefined) return;
  throw new PorticoError('forbidden', `its owner may not publish ${kept.type}`, { field: 'data' });
}
