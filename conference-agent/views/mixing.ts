import type { StreamUpdate } from '../../common/contract/client.ts';
import type { Inventory, SubscriptionGrant, ViewRecords } from '../../common/contract/cluster.ts';
import type { RoomContract } from '../../common/contract/conference.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { MemberId, ParticipantId, StreamId } from '../../common/contract/ids.ts';
import type { SessionEndReason } from '../../common/contract/reasons.ts';
import type { Input } from '../../common/contract/rpc.ts';
import type { LeftRuns } from '../jobs/left-runs.ts';
import { Memory } from '../memory.ts';
import type { RoomCore } from '../room-core.ts';
import type { Subscription } from '../room-state.ts';
import type { Stream } from '../stream.ts';
import { Inputs } from './inputs.ts';
import { ViewControl } from './view-control.ts';
import type { View } from './view.ts';
import { Views } from './views.ts';

export interface MixingParts {
  left: LeftRuns;
  /** Resolves when what a member knows of the room has been taken in. */
  hear: (agent: MemberId) => Promise<void>;
  endSubscription: (subscription: Subscription, reason: SessionEndReason) => void;
  /** Where the outputs of a view are received has changed. */
  onOutputs: (view: View) => void;
  /** Tells participants what has changed of a forward stream. */
  tellChange: (stream: Stream, update: StreamUpdate) => void;
  /** Ends a forward stream. */
  expel: (id: StreamId) => Promise<void>;
  /** Tells the members, or one that is new, what the views show. */
  remember: (records: ViewRecords, member?: MemberId) => void;
}

/** The mixed streams of a room. The other parts of the room tell it what happens; it sees to the rest. */
export class Mixing {
  readonly views: Views;
  readonly control: ViewControl;
  readonly inputs: Inputs;
  readonly #core: RoomCore;
  readonly #parts: MixingParts;
  readonly #memory: Memory<ViewRecords>;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(core: RoomCore, parts: MixingParts) {
    const { left, hear, endSubscription, onOutputs, remember, tellChange } = parts;
    this.#core = core;
    this.#parts = parts;
    this.views = new Views(core, {
      left,
      hear,
      endSubscription,
      onOutputs,
      onChanged: () => {
        this.#memory.changed();
      },
    });
    this.inputs = new Inputs(core, this.views, tellChange);
    this.control = new ViewControl({ state: core.state, views: this.views, inputs: this.inputs });
    this.#memory = new Memory<ViewRecords>({
      look: () => ({ views: [...this.views].map(({ view }) => view.record()) }),
      epoch: core.owner.epoch,
      remember,
    });
  }

  /** What members know has been taken in; the room is about to make itself known. */
  begin(): void {
    this.views.begin();
    this.#memory.begin();
  }

  /** What this process remembers itself. */
  recall(records: ViewRecords | undefined): void {
    this.#memory.offer(records);
  }

  /**
   * Adds what a member knows.
   * @param found somebody is in the room: what the views showed holds, else the room begins anew
   * @returns whether it has changed what the views show
   */
  merge({ member, views, mixes = [] }: Inventory, found: boolean): boolean {
    this.#memory.offer(views);
    for (const mix of mixes) {
      const live = this.views.find(mix.spec.view);
      if (live !== undefined) live.mix.adopt(member, mix);
      else this.#closeUnknown(member, mix.spec.view);
    }
    // A mix that runs says that somebody was here a moment ago.
    return (found || mixes.length > 0) && this.#restore();
  }

  #restore(): boolean {
    const records = this.#memory.take()?.views ?? [];
    for (const record of records) {
      const live = this.views.find(record.label);
      if (live === undefined) continue;
      live.view.restore(record);
      this.views.settle(live);
      this.views.changed(live);
    }
    if (records.length === 0) return false;
    for (const stream of this.#core.state.streams.values()) this.inputs.inserted(stream);
    this.inputs.catchUp();
    for (const live of this.views) this.views.settle(live);
    clearTimeout(this.#sweeper);
    this.#sweeper = setTimeout(() => {
      this.#sweep();
    }, this.#core.config.cluster.orphan_ms);
    return true;
  }

  /** Streams that were mixed in and that nobody has named since. */
  #sweep(): void {
    for (const live of this.views) {
      for (const id of live.view.mixed) {
        if (this.#core.state.streams.has(id)) continue;
        live.view.remove(id);
        this.views.changed(live);
      }
    }
  }

  /** The room has lost this view while nobody owned it. */
  #closeUnknown(agent: MemberId, view: string): void {
    const { mixers, state, log } = this.#core;
    mixers.call(agent, 'mix.close', { view }).catch((error: unknown) => {
      const { code } = PorticoError.from(error);
      log.warn({ room: state.id, view, agent, code }, 'mix of an unknown view not closed');
    });
  }

  /** The room has other settings. */
  configure(): void {
    const { state, log } = this.#core;
    const added = this.views.configure();
    this.inputs.forgetViews();
    for (const { view } of added) {
      for (const { id, tracks } of state.streams.values()) {
        if (![id, ...tracks.map((track) => track.id)].some((name) => view.isNamed(name))) continue;
        this.#parts.expel(id).catch((error: unknown) => {
          log.warn(
            { room: state.id, stream: id, code: PorticoError.from(error).code },
            'stream in the way of a view',
          );
        });
      }
    }
    this.inputs.catchUp();
    this.#memory.changed();
  }

  /** A subscription has come or gone. */
  demandChanged({ tracks }: SubscriptionGrant): void {
    for (const { view, mix } of this.views) {
      if (tracks.some(({ stream }) => stream === view.stream)) mix.update();
    }
  }

  /** A participant is gone. */
  left(participant: ParticipantId): void {
    for (const { mix } of this.views) mix.forget(participant);
  }

  /** @param speakers those who speak, the one who counts most first */
  heard(speakers: readonly ParticipantId[]): void {
    for (const { active } of this.views) active.heard(speakers);
  }

  /** A mixer agent is gone with all its mixes. */
  agentLost(agent: MemberId): void {
    for (const { mix } of this.views) mix.lose(agent, 'agent_lost');
  }

  /** Report of a mixer agent. */
  ended({ agent, view, reason }: Input<RoomContract, 'mixEnded'>): void {
    this.views.find(view)?.mix.lose(agent, reason);
  }

  /** A member is there, perhaps again. */
  joined(member: MemberId, role: string): void {
    if (role !== 'api') this.#memory.joined(member);
    if (role === 'mixer') for (const { mix } of this.views) mix.joined();
  }

  /** Members hear of the last changes now. */
  flush(): void {
    this.#memory.flush();
  }

  /** The room is over: resolves when its mixes are closed. */
  async end(): Promise<void> {
    await this.views.end();
  }

  stop(): void {
    clearTimeout(this.#sweeper);
    this.#memory.stop();
    this.views.stop();
  }
}
