import type { ClientInput } from '../common/contract/client.ts';
import type { SubscribedTrack } from '../common/contract/cluster.ts';
import type { PublishedTrack } from '../common/contract/published-track.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { StreamId, TrackId } from '../common/contract/ids.ts';
import type { Kind, VideoParameters } from '../common/contract/media.ts';
import type { Origin } from '../common/contract/origin.ts';
import type { Participant } from './participant.ts';
import type { RoomCore } from './room-core.ts';
import type { RoomState } from './room-state.ts';
import type { Stream } from './stream.ts';
import type { Wish } from './views/demand.ts';
import type { Mixing } from './views/mixing.ts';
import { outputFor } from './views/variants.ts';
import { audioKeyOf, toParameters, type View } from './views/view.ts';
import type { Lease } from './views/mix.ts';

type Wanted = ClientInput<'subscribe'>['media']['tracks'][number];

/** What somebody asks for. */
interface Named {
  from: StreamId | TrackId;
  type: Kind;
}

/** A track that was asked for. */
export interface Found {
  id: TrackId;
  stream: StreamId;
  type: Kind;
  /** Path of the request. */
  field: string;
  parameters?: VideoParameters | undefined;
  source: { kind: 'forward'; stream: Stream; track: PublishedTrack } | { kind: 'mixed'; view: View };
}

/** Tracks that can be received now; outputs of mixes stay until they are released. */
export interface Acquired {
  tracks: SubscribedTrack[];
  release: () => void;
}

/** Where what participants ask for comes from: streams of others, or views of the room. */
export class Sources {
  readonly #core: RoomCore;
  readonly #mixing: () => Mixing;

  constructor(core: RoomCore, mixing: () => Mixing) {
    this.#core = core;
    this.#mixing = mixing;
  }

  /**
   * What the tracks of a request are.
   * @throws PorticoError `stream_not_found`, `track_not_found`, `own_stream`
   */
  find(participant: Participant, wanted: readonly Wanted[]): Found[] {
    return wanted.map(({ type, from, parameters }, index) => {
      const field = `media.tracks[${String(index)}]`;
      const found = findSource(this.#core.state, { from, type }, field);
      const { source } = found;
      if (source.kind === 'forward' && source.stream.owner === participant.id) {
        throw new PorticoError(
          'own_stream',
          `stream '${source.stream.id}' is published by this participant`,
          { field: `${field}.from` },
        );
      }
      return { ...found, parameters };
    });
  }

  /**
   * Waits until mixed tracks can be received, which may have to be made first.
   * @throws PorticoError `stream_interrupted`; of `Mix.receive`; `bad_request` for parameters that a view does not offer
   */
  async acquire(participant: Participant, found: readonly Found[]): Promise<Acquired> {
    const leases = new Map<View, { lease: Lease; wish: Wish }>();
    const release = () => {
      for (const { lease } of leases.values()) lease.release();
    };
    try {
      for (const [view, wish] of this.#wishes(participant, found)) {
        leases.set(view, { wish, lease: await this.#lease(view, wish) });
      }
      const tracks = found.map((one) => {
        const { source } = one;
        if (source.kind === 'forward') return forwardTrack(one, source);
        return mixedTrack(one, leases.get(source.view));
      });
      return { tracks, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  #lease(view: View, wish: Wish): Promise<Lease> {
    const live = this.#mixing().views.find(view.label);
    if (live?.view !== view) throw this.#core.state.noStream(view.stream);
    return live.mix.receive(wish);
  }

  /** One for each view: sound and picture of the same mix are waited for together. */
  #wishes(participant: Participant, found: readonly Found[]): Map<View, Wish> {
    const wishes = new Map<View, Wish>();
    for (const { source, type, field, parameters } of found) {
      if (source.kind === 'forward') continue;
      const { view } = source;
      const wish: Wish = wishes.get(view) ?? { participant: participant.id };
      wishes.set(view, wish);
      if (type === 'audio') wish.audio = audioKeyOf(participant);
      else if (view.video !== undefined) {
        const asked = { variants: view.variants, asked: parameters, field: `${field}.parameters` };
        wish.video = outputFor(view.video, asked);
      }
    }
    return wishes;
  }
}

/**
 * The track that somebody names by its stream or by its own id.
 * @param field path of the request in which `from` stands
 * @throws PorticoError `stream_not_found`, `track_not_found`
 */
export function findSource(state: RoomState, { from, type }: Named, field: string): Found {
  const view = state.viewOf(from);
  return view === undefined
    ? findForward(state, { from, type }, field)
    : findMixed(view, { from, type }, field);
}

/** `from` is the id of a mixed stream or of one of its tracks. */
function findMixed(view: View, { from, type }: Named, field: string): Found {
  const id = view.track(type);
  if (id === undefined || (from !== view.stream && from !== id)) throw noTrack(from, type, field);
  return { id, stream: view.stream, type, field, source: { kind: 'mixed', view } };
}

/** `from` is a stream id (its track of the type) or a track id. */
function findForward(state: RoomState, { from, type }: Named, field: string): Found {
  const has = ({ id, tracks }: Stream) => id === from || tracks.some((track) => track.id === from);
  const stream = state.streams.get(from as StreamId) ?? [...state.streams.values()].find(has);
  if (stream?.announced !== true) {
    throw new PorticoError('stream_not_found', `stream '${from}' not found in room '${state.id}'`, {
      field: `${field}.from`,
    });
  }
  const track = stream.id === from ? stream.track(type) : stream.tracks.find(({ id }) => id === from);
  if (track?.type !== type) throw noTrack(from, type, field);
  return { id: track.id, stream: stream.id, type, field, source: { kind: 'forward', stream, track } };
}

function forwardTrack(
  found: Found,
  { stream, track }: Extract<Found['source'], { kind: 'forward' }>,
): SubscribedTrack {
  return granted(found, { origin: stream.origin(track), source: track.parameters });
}

function mixedTrack(found: Found, leased: { lease: Lease; wish: Wish } | undefined): SubscribedTrack {
  const video = found.type === 'audio' ? undefined : leased?.wish.video;
  return granted(found, {
    origin: leased?.lease.origins[found.type],
    source: video === undefined ? undefined : toParameters(video),
  });
}

/** @throws PorticoError `stream_interrupted` when it is not sent right now. */
function granted(
  { id, stream, type, field, parameters }: Found,
  { origin, source }: { origin: Origin | undefined; source: VideoParameters | undefined },
): SubscribedTrack {
  if (origin === undefined) throw interrupted(stream, `${field}.from`);
  return {
    id,
    stream,
    type,
    paused: false,
    origin,
    ...(parameters === undefined ? {} : { parameters }),
    ...(source === undefined ? {} : { source }),
  };
}

function noTrack(from: string, type: Kind, field: string): PorticoError {
  return new PorticoError('track_not_found', `'${from}' has no ${type} track`, { field: `${field}.from` });
}

export function interrupted(stream: StreamId, field?: string): PorticoError {
  const details = field === undefined ? {} : { field };
  return new PorticoError('stream_interrupted', `stream '${stream}' is interrupted`, details);
}
