import type { Bus, CallOptions } from '../../common/bus/bus.ts';
import { Caller } from '../../common/bus/contract.ts';
import type { Owners } from '../../common/cluster/owners.ts';
import type { Inventory } from '../../common/contract/cluster.ts';
import { roomContract, type RoomContract } from '../../common/contract/conference.ts';
import type { EgressSpec, EgressState } from '../../common/contract/egress.ts';
import { ProducerId, roomAddress } from '../../common/contract/ids.ts';
import type { EgressId, MemberId, RoomId, RouterId, StreamId } from '../../common/contract/ids.ts';
import type { IngressSpec, IngressState } from '../../common/contract/ingress.ts';
import type { Kind } from '../../common/contract/media.ts';
import type { EgressEndReason, MixerContract } from '../../common/contract/mixing.ts';
import type { PublishedTrack } from '../../common/contract/published-track.ts';
import type { Input } from '../../common/contract/rpc.ts';
import { persistently } from './scripted-calls.ts';

interface Listed<Spec, State> {
  spec: Spec;
  state: State;
}

/** What a stand-in for a mixer agent records, sends out and fetches: nothing flows, but everything is answered and kept. */
export class ScriptedOutlets {
  readonly egresses = new Map<EgressId, Listed<EgressSpec, EgressState>>();
  readonly ingresses = new Map<StreamId, Listed<IngressSpec, IngressState>>();
  /** Specs that were applied, in order. */
  readonly egressSpecs: EgressSpec[] = [];
  readonly ingressSpecs: IngressSpec[] = [];
  /** Egresses that it was told to end, and why. */
  readonly ended: { id: EgressId; reason: EgressEndReason }[] = [];
  /** Streams that it was told not to fetch any more. */
  readonly dropped: StreamId[] = [];
  /** Files of recordings stay `finalising` until `finalise` is called. */
  slow = false;
  /** What sources that are fetched have. */
  kinds: Kind[] = ['audio', 'video'];
  readonly #parts: { bus: Bus; id: MemberId; router: RouterId; owners: Owners };
  readonly #rooms: Caller<RoomContract>;
  #produced = 0;

  constructor(parts: { bus: Bus; id: MemberId; router: RouterId; owners: Owners }) {
    this.#parts = parts;
    this.#rooms = new Caller(parts.bus, roomContract);
  }

  get inventory(): Pick<Inventory, 'egresses' | 'ingresses'> {
    return { egresses: [...this.egresses.values()], ingresses: [...this.ingresses.values()] };
  }

  clear(): void {
    this.egresses.clear();
    this.ingresses.clear();
  }

  handlers() {
    const { owners } = this.#parts;
    return {
      'egress.apply': (params: Input<MixerContract, 'egress.apply'>) => {
        owners.accept(params.room, params.owner);
        return this.#applyEgress(params.spec);
      },
      'egress.close': ({ room, owner, id, reason }: Input<MixerContract, 'egress.close'>) => {
        owners.accept(room, owner);
        this.ended.push({ id, reason });
        return { state: this.#close(id) };
      },
      'egress.measure': () => ({ egresses: [...this.egresses.values()].map(({ state }) => state) }),
      'ingress.apply': (params: Input<MixerContract, 'ingress.apply'>) => {
        owners.accept(params.room, params.owner);
        return this.#applyIngress(params.spec);
      },
      'ingress.close': ({ room, owner, stream }: Input<MixerContract, 'ingress.close'>) => {
        owners.accept(room, owner);
        this.dropped.push(stream);
        this.ingresses.delete(stream);
        return {};
      },
    };
  }

  #applyEgress(spec: EgressSpec): EgressState {
    const known = this.egresses.get(spec.id);
    if (known !== undefined && spec.revision < known.spec.revision) return known.state;
    this.egressSpecs.push(spec);
    const { id, revision, part, startedAt } = spec;
    const name = `${spec.room}/${id}.part-${String(part)}.mkv`;
    const files = [{ name, part, bytes: 1_000, durationMs: 1_000, startedAt }];
    const state: EgressState = {
      id,
      revision,
      part,
      status: 'live',
      durationMs: 1_000,
      bytes: 1_000,
      bitrate: 8_000,
      dropped: 0,
      reconnects: 0,
      files: spec.target.type === 'recording' ? files : [],
    };
    this.egresses.set(id, { spec, state });
    return state;
  }

  #close(id: EgressId): EgressState | null {
    const known = this.egresses.get(id);
    if (known === undefined) return null;
    const recording = known.spec.target.type === 'recording';
    known.state = { ...known.state, status: recording && this.slow ? 'finalising' : 'ended' };
    if (known.state.status === 'ended') this.egresses.delete(id);
    return known.state;
  }

  /** How one does changes, and its room is told. With a reason it is over. */
  async tell(
    room: RoomId,
    id: EgressId,
    news: Partial<EgressState> & { reason?: EgressEndReason },
  ): Promise<void> {
    const known = this.egresses.get(id);
    if (known === undefined) throw new Error(`no egress ${id}`);
    const { reason, ...change } = news;
    known.state = { ...known.state, ...change };
    if (reason !== undefined && known.state.status !== 'finalising') this.egresses.delete(id);
    const report = { agent: this.#parts.id, state: known.state, ...(reason && { reason }) };
    await this.#report((options) => this.#rooms.call(roomAddress(room), 'egressChanged', report, options));
  }

  /** The files of a recording that is over are finished, and its room is told. */
  async finalise(room: RoomId, id: EgressId): Promise<void> {
    const files = this.egresses.get(id)?.state.files.map((file) => ({ ...file, sha256: 'ab' })) ?? [];
    const told = this.tell(room, id, { status: 'ended', files });
    this.egresses.delete(id);
    await told;
  }

  #applyIngress(spec: IngressSpec): IngressState {
    const known = this.ingresses.get(spec.stream);
    if (known !== undefined && spec.revision < known.spec.revision) return known.state;
    this.ingressSpecs.push(spec);
    const state: IngressState = {
      stream: spec.stream,
      revision: spec.revision,
      status: this.kinds.length > 0 ? 'live' : 'connecting',
      tracks: known?.state.tracks ?? this.#tracks(spec),
      transcoded: { audio: false, video: false },
      bitrate: 8_000,
      reconnects: 0,
    };
    this.ingresses.set(spec.stream, { spec, state });
    return state;
  }

  #tracks({ stream, paused }: IngressSpec): PublishedTrack[] {
    return this.kinds.map((type, index) => {
      this.#produced += 1;
      return {
        id: `${stream}-${String(index)}` as PublishedTrack['id'],
        type,
        paused: paused[type],
        producer: ProducerId.parse(`${this.#parts.id}:in-${String(this.#produced)}`),
        router: this.#parts.router,
        format: { codec: type === 'audio' ? 'opus' : 'h264' },
      };
    });
  }

  /** A source comes for the first time, or anew with other producers, and its room is told. */
  async arrive(room: RoomId, stream: StreamId, kinds = this.kinds): Promise<void> {
    this.kinds = kinds;
    const known = this.ingresses.get(stream);
    if (known === undefined) throw new Error(`no ingress ${stream}`);
    await this.tellIngress(room, stream, { status: 'live', tracks: this.#tracks(known.spec) });
  }

  /** How a fetched stream does changes, and its room is told. */
  async tellIngress(room: RoomId, stream: StreamId, change: Partial<IngressState>): Promise<void> {
    const known = this.ingresses.get(stream);
    if (known === undefined) throw new Error(`no ingress ${stream}`);
    known.state = { ...known.state, ...change };
    const report = { agent: this.#parts.id, state: known.state };
    await this.#report((options) => this.#rooms.call(roomAddress(room), 'ingressChanged', report, options));
  }

  async #report(call: (options: CallOptions) => Promise<unknown>): Promise<void> {
    await persistently(this.#parts.bus, call, () => Promise.resolve());
  }
}
