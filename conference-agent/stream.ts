import type { PublicationGrant } from '../common/contract/cluster.ts';
import type { PublishedTrack } from '../common/contract/published-track.ts';
import type { Origin } from '../common/contract/origin.ts';
import type { MemberId, ParticipantId, StreamId, TrackId } from '../common/contract/ids.ts';
import { TrackId as TrackIdSchema } from '../common/contract/ids.ts';
import type { Attributes, Format, ForwardStreamInfo, Kind, TrackInfo } from '../common/contract/media.ts';
import { adminOwner } from './ingress/admin-owner.ts';

/**
 * opening: granted, not all tracks are produced yet · active: announced · interrupted: announced, its agent died and its
 * publisher is expected to publish it again · ended.
 */
export type StreamState = 'opening' | 'active' | 'interrupted' | 'ended';

/** A forward stream: what a participant publishes under one id, or what is fetched from a URL. */
export class Stream {
  readonly id: StreamId;
  readonly owner: ParticipantId;
  readonly attributes: Attributes;
  readonly tracks: PublishedTrack[];
  /** Labels of the views that it is mixed into, or will be as soon as it is announced. */
  readonly inViews = new Set<string>();
  state: StreamState = 'opening';
  /** Whether participants have been told of it. */
  announced = false;
  /** Agent on which it enters; undefined until its grant is opened there. */
  agent: MemberId | undefined;

  constructor(grant: PublicationGrant & { tracks: PublishedTrack[] }, agent?: MemberId) {
    this.id = grant.id;
    this.owner = grant.participant;
    this.attributes = grant.attributes;
    this.tracks = grant.tracks.map((track) => ({ ...track }));
    this.agent = agent;
  }

  static trackId(stream: StreamId, index: number): TrackId {
    return TrackIdSchema.parse(`${stream}-${String(index)}`);
  }

  /** Whether it comes from a URL and not from a participant. */
  get isFetched(): boolean {
    return this.owner === adminOwner;
  }

  /** Whether every granted track has a producer. */
  get complete(): boolean {
    return this.tracks.every((track) => track.producer !== undefined);
  }

  track(kind: Kind): PublishedTrack | undefined {
    return this.tracks.find((track) => track.type === kind);
  }

  /** Where a track enters; undefined until it is produced. */
  origin(track: PublishedTrack): Origin | undefined {
    const { agent } = this;
    const { producer, router } = track;
    if (agent === undefined || producer === undefined || router === undefined) return undefined;
    return { agent, router, producer };
  }

  /** Its producers are gone, and its grant with them; what was muted stays muted. */
  interrupt(): void {
    this.state = 'interrupted';
    this.agent = undefined;
    for (const track of this.tracks) {
      delete track.producer;
      delete track.router;
    }
  }

  /**
   * What its agent must allow.
   * @param formats codecs that the room takes; undefined: all
   */
  toGrant(formats?: Readonly<Record<Kind, readonly Format[]>>): PublicationGrant {
    const tracks = this.tracks.map(({ id, type, source, paused, parameters }) => ({
      id,
      type,
      paused,
      ...(formats === undefined ? {} : { formats: [...formats[type]] }),
      ...(source === undefined ? {} : { source }),
      ...(parameters === undefined ? {} : { parameters }),
    }));
    return { id: this.id, participant: this.owner, attributes: this.attributes, tracks };
  }

  /** As clients see it (OWT 5.1). */
  toInfo(): ForwardStreamInfo {
    return {
      id: this.id,
      type: 'forward',
      status: this.state === 'interrupted' ? 'interrupted' : 'active',
      media: { tracks: this.tracks.map(toTrackInfo) },
      data: false,
      info: {
        owner: this.owner,
        type: this.isFetched ? 'streaming' : 'webrtc',
        inViews: [...this.inViews],
        attributes: this.attributes,
      },
    };
  }
}

/** OWT clients need all four lists on a video track, empty when nothing is transcoded (OWT G8). */
function toTrackInfo(track: PublishedTrack): TrackInfo {
  const none = { resolution: [], framerate: [], bitrate: [], keyFrameInterval: [] };
  return {
    id: track.id,
    type: track.type,
    status: track.paused ? 'inactive' : 'active',
    format: track.format ?? { codec: 'unknown' },
    optional: track.type === 'video' ? { format: [], parameters: none } : { format: [] },
    ...(track.source === undefined ? {} : { source: track.source }),
    ...(track.parameters === undefined ? {} : { parameters: track.parameters }),
    ...(track.layers === undefined ? {} : { layers: track.layers }),
  };
}
