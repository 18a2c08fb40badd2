import type { StreamUpdate } from '../../common/contract/client.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { MemberId } from '../../common/contract/ids.ts';
import type { View as ViewSettings } from '../../common/contract/room-settings.ts';
import { Templates } from '../../common/layout/templates.ts';
import { anyVariant } from '../management/room-rules.ts';
import type { LeftRuns } from '../jobs/left-runs.ts';
import type { RoomCore } from '../room-core.ts';
import type { Subscription } from '../room-state.ts';
import { ActiveInput } from './active-input.ts';
import { Mix } from './mix.ts';
import { View } from './view.ts';

export interface ViewsParts {
  left: LeftRuns;
  /** Resolves when what a member knows of the room has been taken in. */
  hear: (agent: MemberId) => Promise<void>;
  endSubscription: (subscription: Subscription, reason: 'source_ended' | 'source_interrupted') => void;
  /** Where the outputs of a view are received has changed. */
  onOutputs: (view: View) => void;
  /** What the views show has changed: others are to remember it. */
  onChanged: () => void;
}

/** A view, and what makes it live. */
export interface LiveView {
  readonly view: View;
  readonly mix: Mix;
  readonly active: ActiveInput;
  /** What participants know of it. */
  told: { layout: string; mode: string; activeInput: string | undefined };
}

/** The views of a room: their coming and going, and what participants are told of them. */
export class Views {
  readonly #core: RoomCore;
  readonly #parts: ViewsParts;
  readonly #live = new Map<string, LiveView>();
  #begun = false;
  #flushing = false;
  #stopped = false;

  constructor(core: RoomCore, parts: ViewsParts) {
    this.#core = core;
    this.#parts = parts;
    for (const settings of core.roomConfig.views) this.#add(settings);
  }

  [Symbol.iterator](): IterableIterator<LiveView> {
    return this.#live.values();
  }

  find(label: string): LiveView | undefined {
    return this.#live.get(label);
  }

  /** @throws PorticoError `not_found`; `field`: where the label stood */
  get(label: string, field: string): LiveView {
    const live = this.#live.get(label);
    if (live !== undefined) return live;
    throw new PorticoError('not_found', `there is no view '${label}' in room '${this.#core.state.id}'`, {
      field,
    });
  }

  /** What was found is in place: from now on changes are told, and mixes run. */
  begin(): void {
    this.#begun = true;
    for (const live of this) {
      this.settle(live);
      live.mix.begin();
    }
  }

  /** Participants learn what it shows now by other means. */
  settle(live: LiveView): void {
    live.told = toldOf(live.view);
  }

  /** Something of a view has changed: the mix follows, and what participants do not know yet is told, once for each turn. */
  changed({ mix }: LiveView): void {
    mix.update();
    this.#parts.onChanged();
    if (this.#flushing || !this.#begun) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      if (!this.#stopped) for (const live of this) this.#flush(live);
    });
  }

  #flush(live: LiveView): void {
    const { view, told } = live;
    const now = toldOf(view);
    live.told = now;
    if (now.activeInput !== told.activeInput) {
      this.#tell(view, { field: 'activeInput', value: now.activeInput ?? 'unknown' });
    }
    if (view.layoutMode !== undefined && now.mode !== told.mode) {
      this.#tell(view, { field: 'layoutMode', value: view.layoutMode });
    }
    if (now.layout === told.layout) return;
    this.#tell(view, { field: 'video.layout', value: view.layout });
    this.#core.events.layoutChanged(view.toInfo());
  }

  #tell({ stream }: View, data: StreamUpdate): void {
    const { roomConfig, journal } = this.#core;
    if (!this.#begun || !roomConfig.notify_streams) return;
    journal.tellAll({ name: 'stream', data: { id: stream, status: 'update', data } });
  }

  /** The room has other settings: views come, change and go. Returns those that are new. */
  configure(): LiveView[] {
    const { roomConfig, state } = this.#core;
    const wanted = new Map(roomConfig.views.map((settings) => [settings.label, settings]));
    for (const [label, live] of this.#live) if (!wanted.has(label)) this.#remove(live);
    const added: LiveView[] = [];
    const ordered: [string, LiveView][] = roomConfig.views.map((settings) => {
      const known = this.#live.get(settings.label);
      if (known !== undefined) {
        this.#configure(known, settings);
        return [settings.label, known];
      }
      const live = this.#add(settings);
      added.push(live);
      return [settings.label, live];
    });
    this.#live.clear();
    state.views.clear();
    for (const [label, live] of ordered) {
      this.#live.set(label, live);
      state.views.set(label, live.view);
    }
    for (const live of added) this.#announce(live);
    return added;
  }

  #configure(live: LiveView, settings: ViewSettings): void {
    const { view } = live;
    if (!view.configure(this.#sound(settings), this.#variants)) return;
    for (const id of view.mixed) {
      if (this.#core.state.streams.get(id)?.track('video') !== undefined) view.add(id, true);
    }
    this.settle(live);
    this.#tell(view, { field: '.', value: view.toInfo() });
    this.changed(live);
  }

  #announce(live: LiveView): void {
    const { roomConfig, journal } = this.#core;
    this.settle(live);
    live.mix.begin();
    const data = live.view.toInfo();
    if (roomConfig.notify_streams) {
      journal.tellAll({ name: 'stream', data: { id: data.id, status: 'add', data } });
    }
  }

  #add(settings: ViewSettings): LiveView {
    const { state } = this.#core;
    const view = new View(state.id, this.#sound(settings), this.#variants);
    const changed = () => {
      this.changed(live);
    };
    const live: LiveView = {
      view,
      mix: new Mix(this.#core, view, {
        left: this.#parts.left,
        hear: this.#parts.hear,
        endSubscription: (subscription) => {
          this.#parts.endSubscription(subscription, 'source_interrupted');
        },
        onOutputs: this.#parts.onOutputs,
        onStatus: ({ interrupted }) => {
          this.#tell(view, { field: 'status', value: interrupted ? 'interrupted' : 'active' });
        },
      }),
      active: new ActiveInput(state, view, { onChanged: changed, onMoved: changed }),
      told: toldOf(view),
    };
    this.#live.set(view.label, live);
    state.views.set(view.label, view);
    return live;
  }

  #remove(live: LiveView): void {
    const { roomConfig, journal, state } = this.#core;
    const { label, stream } = live.view;
    this.#live.delete(label);
    state.views.delete(label);
    live.active.stop();
    if (roomConfig.notify_streams) {
      journal.tellAll({ name: 'stream', data: { id: stream, status: 'remove', reason: 'closed' } });
    }
    void live.mix.end();
    for (const subscription of state.subscriptionsTo(stream)) {
      this.#parts.endSubscription(subscription, 'source_ended');
    }
  }

  get #variants() {
    return this.#core.roomConfig.variants ?? anyVariant;
  }

  /** Templates of the configuration file are read here first: bad ones must not keep the room from opening. */
  #sound(settings: ViewSettings): ViewSettings {
    const { video, label } = settings;
    if (video === false) return settings;
    const { templates } = video.layout;
    try {
      new Templates(templates, video.maxInput);
      return settings;
    } catch (error) {
      const { state, log } = this.#core;
      const { message } = PorticoError.from(error);
      log.error({ room: state.id, view: label, reason: message }, 'templates of the view left out');
      const layout = { ...video.layout, templates: { ...templates, custom: [] } };
      return { ...settings, video: { ...video, layout } };
    }
  }

  /** The room is over: no mix is left running. */
  async end(): Promise<void> {
    await Promise.all([...this].map(({ mix }) => mix.end()));
  }

  stop(): void {
    this.#stopped = true;
    for (const { mix, active } of this) {
      active.stop();
      mix.stop();
    }
  }
}

const toldOf = ({ layout, layoutMode, activeInput }: View): LiveView['told'] => ({
  layout: JSON.stringify(layout),
  mode: JSON.stringify(layoutMode),
  activeInput,
});
