import type { IngressRecord, Inventory } from '../../common/contract/cluster.ts';
import type { RoomContract } from '../../common/contract/conference.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { MemberId, StreamId } from '../../common/contract/ids.ts';
import type { ManagedIngress } from '../../common/contract/management.ts';
import { ingressCodecs } from '../../common/contract/ingress.ts';
import type { Format, Kind } from '../../common/contract/media.ts';
import type { SessionEndReason } from '../../common/contract/reasons.ts';
import type { Input } from '../../common/contract/rpc.ts';
import { formatNames } from '../../common/media/formats.ts';
import type { LeftRuns } from '../jobs/left-runs.ts';
import type { Publishing } from '../publishing.ts';
import type { RoomCore } from '../room-core.ts';
import { Ingress, type IngressOrder, type ListedIngress } from './ingress.ts';

export interface IngressesParts {
  left: LeftRuns;
  publishing: Publishing;
  /** One is over. */
  onOver: () => void;
  /** What members are to remember has changed. */
  onChanged: () => void;
}

/** The streams that are fetched into a room. */
export class Ingresses {
  readonly #core: RoomCore;
  readonly #parts: IngressesParts;
  readonly #all = new Map<StreamId, Ingress>();
  #held = true;

  constructor(core: RoomCore, parts: IngressesParts) {
    this.#core = core;
    this.#parts = parts;
  }

  /** Whether the room has to stay open for them, though nobody is in it. */
  get keepOpen(): boolean {
    return this.#all.size > 0;
  }

  has(id: StreamId): boolean {
    return this.#all.has(id);
  }

  list(): ManagedIngress[] {
    return [...this.#all.values()].map((ingress) => ingress.toManaged());
  }

  /**
   * Fetches a stream; resolves when its agent has media, or says what hinders it. The same again is the same one.
   * @throws PorticoError `stream_exists`, `too_many_inputs`, `resource_exhausted`, `codec_unsupported`; of the agent
   */
  async start(spec: Omit<IngressOrder, 'paused'>): Promise<ManagedIngress> {
    const known = this.#all.get(spec.stream);
    if (known !== undefined && known.url !== spec.url) {
      throw new PorticoError('stream_exists', `stream '${spec.stream}' is fetched from elsewhere`, {
        field: 'spec.stream',
      });
    }
    const ingress = known ?? this.#begin(spec);
    try {
      await ingress.answered;
      return ingress.toManaged();
    } catch (error) {
      await ingress.end('closed');
      throw error;
    }
  }

  #begin(spec: Omit<IngressOrder, 'paused'>): Ingress {
    if (this.#core.refusal !== undefined) throw this.#core.refusal;
    const codecs = codecsFor(this.#core.roomConfig.formats?.video, spec);
    const paused = { audio: false, video: false };
    const ingress = this.#create({ ...spec, ...(codecs === undefined ? {} : { codecs }), paused });
    this.#parts.publishing.admit(ingress.stream);
    this.#add(ingress);
    ingress.run();
    return ingress;
  }

  #create(order: IngressOrder): Ingress {
    return new Ingress(this.#core, order, {
      left: this.#parts.left,
      publishing: this.#parts.publishing,
      onOver: ({ stream }) => {
        this.#all.delete(stream.id);
        this.#core.metrics.ingresses.dec();
        this.#parts.onChanged();
        this.#parts.onOver();
      },
      onChanged: this.#parts.onChanged,
    });
  }

  #add(ingress: Ingress): void {
    this.#all.set(ingress.stream.id, ingress);
    this.#core.metrics.ingresses.inc();
  }

  /** Mutes or unmutes tracks of one for everybody. */
  async mute(id: StreamId, kinds: readonly Kind[], paused: boolean): Promise<void> {
    const ingress = this.#all.get(id);
    if (ingress === undefined) throw this.#core.state.noStream(id);
    await ingress.mute(kinds, paused);
  }

  /** Takes one out of the room. */
  async remove(id: StreamId, reason: SessionEndReason): Promise<void> {
    await this.#all.get(id)?.end(reason);
  }

  /** Adds what runs on a mixer agent. Returns whether something of this room was there. */
  merge({ member, ingresses = [] }: Inventory): boolean {
    return ingresses.map((listed) => this.#adopt(member, listed)).includes(true);
  }

  #adopt(agent: MemberId, listed: ListedIngress): boolean {
    const { spec, state } = listed;
    const known = this.#all.get(spec.stream);
    const isOver = state.status === 'ended' || state.status === 'failed';
    if (known !== undefined || isOver || this.#core.state.streams.has(spec.stream)) {
      if (known?.isAt(agent) !== true) this.#closeAt(agent, spec.stream);
      return false;
    }
    const ingress = this.#create(spec);
    this.#add(ingress);
    ingress.adopt(agent, listed);
    this.#parts.publishing.insert(ingress.stream);
    if (!this.#held) ingress.run();
    return true;
  }

  /** What members are to remember. */
  records(): IngressRecord[] {
    return [...this.#all.values()].flatMap(({ record }) => record ?? []);
  }

  /** What members remember from an owner before this one. Returns whether something of it was missing here. */
  recall(records: readonly IngressRecord[]): boolean {
    const { streams } = this.#core.state;
    const missing = records.filter(({ spec }) => !this.#all.has(spec.stream) && !streams.has(spec.stream));
    for (const record of missing) {
      const ingress = this.#create(record.spec);
      this.#add(ingress);
      ingress.recall(record);
      this.#parts.publishing.insert(ingress.stream);
      if (!this.#held) ingress.run();
    }
    return missing.length > 0;
  }

  #closeAt(agent: MemberId, stream: StreamId): void {
    const close = () => this.#core.mixers.call(agent, 'ingress.close', { stream });
    this.#parts.left.add({ key: `ingress ${stream}`, agent, close });
  }

  /** What members know has been taken in: from now on it is acted upon. */
  begin(): void {
    this.#held = false;
    for (const ingress of this.#all.values()) ingress.run();
  }

  /** Report of a mixer agent. */
  report({ agent, state }: Input<RoomContract, 'ingressChanged'>): void {
    const ingress = this.#all.get(state.stream);
    if (ingress !== undefined) ingress.report(agent, state);
    else if (state.status !== 'ended' && state.status !== 'failed') this.#closeAt(agent, state.stream);
  }

  joined(): void {
    for (const ingress of this.#all.values()) ingress.joined();
  }

  agentLost(agent: MemberId): void {
    for (const ingress of [...this.#all.values()]) ingress.agentLost(agent);
  }

  /** All of them end; resolves when their agents have let them go. */
  async end(reason: SessionEndReason): Promise<void> {
    await Promise.all([...this.#all.values()].map((ingress) => ingress.end(reason)));
  }

  /** Lets go; they run on. */
  stop(): void {
    for (const ingress of this.#all.values()) ingress.stop();
    this.#core.metrics.ingresses.dec(this.#all.size);
    this.#all.clear();
  }
}

/**
 * What of a room's codecs pictures can be fetched in, best first; undefined: all.
 * @throws PorticoError `codec_unsupported` when pictures are asked for that the room cannot take
 */
function codecsFor(
  formats: readonly Format[] | undefined,
  { video }: Pick<IngressOrder, 'video'>,
): IngressOrder['codecs'] {
  if (formats === undefined || video === false) return undefined;
  const codecs = ingressCodecs.filter((codec) => formats.some((format) => format.codec === codec));
  if (codecs.length > 0) return codecs;
  const sentence = `this room takes pictures only as ${formatNames(formats)}; streams are fetched as ${ingressCodecs.join(', ')}`;
  throw new PorticoError('codec_unsupported', sentence, { field: 'spec.video' });
}
