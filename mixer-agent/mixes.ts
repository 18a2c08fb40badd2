import type { Inventory, Owner } from '../common/contract/cluster.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { RoomId } from '../common/contract/ids.ts';
import type { MixSpec, MixState } from '../common/contract/mix.ts';
import type { MixMeasure } from '../common/contract/mixing.ts';
import type { SessionEndReason } from '../common/contract/reasons.ts';
import { pause } from '../common/lifecycle/wait.ts';
import { formatNames, isListed, routerFormats } from '../common/media/formats.ts';
import { Load } from './load.ts';
import { MixHost } from './mix-host.ts';
import type { MixParts } from './parts.ts';
import type { Placed } from './placement.ts';
import type { RoomTie } from './room-ties.ts';

/** How long the owners of rooms are waited for when the agent stops, ms. */
const farewellMs = 1_000;
/** When one that was refused may be asked again, ms. */
const retryAfterMs = 5_000;

/** What mixes can be sent in. */
const mixFormats = routerFormats.video.filter(({ codec }) => codec === 'vp8' || codec === 'h264');

interface Running {
  readonly host: MixHost;
  readonly tie: RoomTie;
  readonly place: Placed;
}

/** The mixes that run on this agent. */
export class Mixes {
  readonly load: Load;
  readonly #parts: MixParts;
  /** By room and view. */
  readonly #running = new Map<string, Running>();
  #closing = false;

  constructor(parts: MixParts) {
    this.#parts = parts;
    this.load = new Load(() => this.#hosts());
  }

  /**
   * @throws PorticoError `stale_owner`, `resource_exhausted`, `codec_unsupported`, `unavailable`, `worker_lost`, `closing`
   */
  async apply(room: RoomId, owner: Owner, spec: MixSpec): Promise<MixState> {
    this.#parts.owners.accept(room, owner);
    requireCodec(spec);
    if (this.#closing) throw new PorticoError('closing', 'this mixer agent is shutting down');
    const key = keyOf(room, spec.view);
    const known = this.#running.get(key)?.host;
    if (known !== undefined) return await known.apply(owner, spec);
    this.#admit();
    await this.#parts.placement.ready();
    // Another call may have been faster.
    const host = this.#running.get(key)?.host ?? this.#make(room, owner, spec);
    return await host.apply(owner, spec);
  }

  /** @throws PorticoError `stale_owner` */
  async close(room: RoomId, owner: Owner, view: string): Promise<void> {
    this.#parts.owners.accept(room, owner);
    await this.#running.get(keyOf(room, view))?.host.close('closed');
  }

  measure(room: RoomId): MixMeasure[] {
    return this.#of(room)
      .map((host) => host.measure())
      .filter((measure) => measure !== undefined);
  }

  inventory(room: RoomId): NonNullable<Inventory['mixes']> {
    return this.#of(room)
      .map((host) => host.inventory())
      .filter((mix) => mix !== undefined);
  }

  /** Processes of the mixes. */
  get pids(): number[] {
    return [...this.#hosts()].map(({ pid }) => pid).filter((pid) => pid !== undefined);
  }

  /** Tells the owners that everything ends here, gives them a moment to go elsewhere, and ends it. */
  async shutDown(): Promise<void> {
    this.#closing = true;
    this.load.stop();
    const running = [...this.#running.values()];
    for (const one of running) this.#report(one, 'shutdown');
    const heard = Promise.all(running.map(({ tie }) => tie.reported()));
    const patience = new AbortController();
    await Promise.race([heard, pause(farewellMs, patience.signal)]);
    patience.abort();
    await Promise.all([...this.#hosts()].map((host) => host.close('shutdown')));
  }

  /**
   * The first mix is always taken: what else is busy on a machine without mixes does not get less by refusing.
   * @throws PorticoError `resource_exhausted`
   */
  #admit(): void {
    const limit = this.#parts.config.max_load;
    const alone = this.#hosts().next().done === true;
    if (alone || this.load.value <= limit) return;
    this.#parts.metrics.refused.inc();
    const percent = Math.round(this.load.value * 100);
    throw new PorticoError(
      'resource_exhausted',
      `this mixer agent is busy: ${percent} % of its CPU are in use`,
      {
        retryAfterMs,
      },
    );
  }

  #make(room: RoomId, owner: Owner, spec: MixSpec): MixHost {
    const { placement, ties } = this.#parts;
    const place = placement.place(room);
    const host = new MixHost({ parts: this.#parts, room, worker: place.worker, owner, spec });
    const tie = ties.tie(room, {
      onOrphaned: () => void host.close('orphaned'),
      // Of those who watch it somebody asks.
      goesOn: () => false,
    });
    const running = { host, tie, place };
    this.#running.set(keyOf(room, spec.view), running);
    host.once('closed', (reason) => {
      this.#running.delete(keyOf(room, spec.view));
      if (reason === 'worker_died') this.#report(running, reason);
      tie.release();
      placement.leave(place);
    });
    return host;
  }

  #report({ host: { spec }, tie }: Running, reason: SessionEndReason): void {
    const { self: agent, metrics } = this.#parts;
    metrics.ended.inc({ reason });
    tie.report('mixEnded', { agent, view: spec.view, reason });
  }

  #of(room: RoomId): MixHost[] {
    return [...this.#hosts()].filter((host) => host.room === room);
  }

  *#hosts(): Generator<MixHost, undefined> {
    for (const { host } of this.#running.values()) yield host;
    return undefined;
  }
}

const keyOf = (room: RoomId, view: string): string => `${room}/${view}`;

/** @throws PorticoError `codec_unsupported` */
function requireCodec({ view, video }: MixSpec): void {
  if (video === undefined || isListed(video.format, mixFormats)) return;
  const { codec, profile } = video.format;
  const asked = formatNames([profile === undefined ? { codec } : { codec, profile }]);
  const sentence = `view '${view}' cannot be sent as ${asked}; mixes are sent as ${formatNames(mixFormats)}`;
  throw new PorticoError('codec_unsupported', sentence, { field: 'spec.video.format' });
}
