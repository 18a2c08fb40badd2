import type { EgressState } from '../../../../common/contract/egress.ts';
import { PorticoError } from '../../../../common/contract/errors.ts';
import { MemberId, StreamId, type EgressId } from '../../../../common/contract/ids.ts';
import type {
  EgressChange,
  EgressMedia,
  ManagedEgress,
  ManagedIngress,
  RoomAdminContract,
} from '../../../../common/contract/management.ts';
import type { Kind, StreamInfo } from '../../../../common/contract/media.ts';
import type { Input } from '../../../../common/contract/rpc.ts';
import { stream } from './samples.ts';

type Start = Input<RoomAdminContract, 'admin.egress.start'>;
type Fetch = Input<RoomAdminContract, 'admin.ingress.start'>['spec'];

/** What a source sends when it is fetched; a message: it does not, and says so. */
type Source = { kinds: readonly Kind[] } | { error: string };

/** Recordings, live streams and fetched streams of a scripted room. */
export class ScriptedEgresses {
  readonly egresses: ManagedEgress[] = [];
  readonly ingresses: ManagedIngress[] = [];
  readonly agent = MemberId.parse('mixer-1');
  /** What was asked, in order. */
  readonly started: Start[] = [];
  readonly changes: EgressChange[] = [];
  readonly fetched: Fetch[] = [];
  source: Source = { kinds: ['audio', 'video'] };
  readonly #streams: () => StreamInfo[];

  constructor(streams: () => StreamInfo[]) {
    this.#streams = streams;
  }

  start(wanted: Start): ManagedEgress {
    this.started.push(wanted);
    const known = this.egresses.find(({ id }) => id === wanted.id);
    if (known !== undefined) return known;
    const { id, target } = wanted;
    const url =
      target.type === 'live' && target.url === undefined ? 'http://127.0.0.1:8090/x/index.m3u8' : '';
    const egress: ManagedEgress = {
      ...{ id, startedAt: Date.now(), origin: { by: 'admin' }, target, agent: this.agent },
      ...this.#tracks(wanted.media),
      state: { ...idle(id), ...(url === '' ? {} : { url }) },
    };
    this.egresses.push(egress);
    return egress;
  }

  change(id: EgressId, changes: readonly EgressChange[]): ManagedEgress {
    const egress = this.#find(id);
    this.changes.push(...changes);
    for (const change of changes) {
      if (change.change === 'status') egress[change.kind]!.paused = change.status === 'inactive';
      if (change.change === 'from')
        Object.assign(egress[change.kind]!, this.#trackOf(change.from, change.kind));
      if (change.change === 'encode') egress.video!.encode = { ...egress.video!.encode, ...change.encode };
    }
    return egress;
  }

  stop(id: EgressId): ManagedEgress {
    const egress = this.#find(id);
    this.egresses.splice(this.egresses.indexOf(egress), 1);
    return { ...egress, state: { ...egress.state, status: 'finalising' } };
  }

  /** How one does from now on. */
  becomes(id: string, state: Partial<EgressState>): void {
    Object.assign(this.#find(id).state, state);
  }

  fetch(spec: Fetch): ManagedIngress {
    this.fetched.push(spec);
    if (new URL(spec.url).hostname === 'private.example')
      throw new PorticoError('bad_request', 'The URL leads to a private network.', { field: 'url' });
    const { source } = this;
    const kinds = 'kinds' in source ? source.kinds : [];
    const info = { ...stream(spec.stream, kinds), data: false as const };
    info.info = { owner: 'admin', type: 'streaming', inViews: [], attributes: spec.attributes };
    const ingress: ManagedIngress = {
      stream: kinds.length === 0 ? null : info,
      url: spec.url,
      agent: this.agent,
      state: {
        ...{ stream: spec.stream, revision: 1, status: kinds.length === 0 ? 'retrying' : 'live', tracks: [] },
        ...{ transcoded: { audio: false, video: false }, bitrate: 800_000, reconnects: 0 },
        ...('error' in source ? { error: { code: 'source_failed', message: source.error } } : {}),
      },
    };
    this.ingresses.push(ingress);
    return ingress;
  }

  /** @returns whether it was a fetched one */
  unpublish(id: string): boolean {
    const index = this.ingresses.findIndex(({ state }) => state.stream === id);
    if (index >= 0) this.ingresses.splice(index, 1);
    return index >= 0;
  }

  #find(id: string): ManagedEgress {
    const found = this.egresses.find((egress) => egress.id === id);
    if (found === undefined) throw new PorticoError('not_found', 'no such egress', { field: 'id' });
    return found;
  }

  #tracks({ audio, video }: EgressMedia): Pick<ManagedEgress, 'audio' | 'video'> {
    const encode = <E>(value: E | undefined) => (value === undefined ? {} : { encode: value });
    return {
      ...(audio === undefined
        ? {}
        : { audio: { ...this.#trackOf(audio.from, 'audio'), paused: false, ...encode(audio.encode) } }),
      ...(video === undefined
        ? {}
        : { video: { ...this.#trackOf(video.from, 'video'), paused: false, ...encode(video.encode) } }),
    };
  }

  #trackOf(from: string, kind: Kind) {
    for (const { id, media } of this.#streams()) {
      const track = media.tracks.find((one) => one.type === kind && (id === from || one.id === from));
      if (track === undefined) continue;
      const { format, parameters } = track;
      return {
        ...{ stream: StreamId.parse(id), id: track.id, muted: track.status === 'inactive', format },
        ...(parameters === undefined ? {} : { parameters }),
      };
    }
    throw new PorticoError('stream_not_found', `the room has no stream '${from}'`, {
      field: `media.${kind}.from`,
    });
  }
}

const idle = (id: EgressId): EgressState => ({
  ...{ id, revision: 1, part: 1, status: 'connecting', durationMs: 0, bytes: 0, bitrate: 0, dropped: 0 },
  ...{ reconnects: 0, files: [] },
});
