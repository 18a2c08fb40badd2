import type { Inventory, Owner, RoomMemory } from '../common/contract/cluster.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { MemberId, ParticipantId, RoomId } from '../common/contract/ids.ts';
import { pause, within } from '../common/lifecycle/wait.ts';
import { Absence } from './absence.ts';
import { Admission } from './admission.ts';
import { AgentReports } from './agent-reports.ts';
import type { Census } from './census.ts';
import { Departures } from './departures.ts';
import { createMedia } from './media-parts.ts';
import { watchMembers } from './member-watch.ts';
import { Permitting } from './management/permitting.ts';
import type { RoomRules } from './management/room-rules.ts';
import { managedParticipant } from './management/managed.ts';
import type { RoomEvents } from './management/room-events.ts';
import { Missed } from './missed.ts';
import type { Outside } from './outside.ts';
import type { Publishing } from './publishing.ts';
import { Restoring } from './restoring.ts';
import { Returning } from './returning.ts';
import { createCore, type CoreOptions, type RoomCore } from './room-core.ts';
import { RoomState } from './room-state.ts';
import { Seating } from './seating.ts';
import type { StreamControl } from './stream-control.ts';
import { Speaking } from './speaking.ts';
import type { Subscribing } from './subscribing.ts';
import type { SubscriptionControl } from './subscription-control.ts';
import { Texts } from './texts.ts';
import type { Mixing } from './views/mixing.ts';

/** How long mixer agents are waited for that have not said what they know, ms. */
const hearMs = 1_000;

export interface RoomOptions extends CoreOptions {
  census: Census;
  /** Tells the members, or one that is new, what to remember. */
  remember: (memory: RoomMemory, member?: MemberId) => void;
  /** The last participant has left. */
  onEmpty: () => void;
  /** Something else that kept the room open is done: see `empty`. */
  onIdle: () => void;
}

/** A room while this process owns it: its state, and the parts that change it. */
export class Room {
  readonly id: RoomId;
  readonly owner: Owner;
  readonly state: RoomState;
  readonly admission: Admission;
  readonly departures: Departures;
  readonly returning: Returning;
  readonly missed: Missed;
  readonly seating: Seating;
  readonly publishing: Publishing;
  readonly control: StreamControl;
  readonly permitting: Permitting;
  readonly subscribing: Subscribing;
  /** What participants do to their subscriptions. */
  readonly receiving: SubscriptionControl;
  readonly mixing: Mixing;
  /** Recordings, live streams out and in. */
  readonly outside: Outside;
  readonly texts: Texts;
  readonly speaking: Speaking;
  readonly reports: AgentReports;
  readonly #core: RoomCore;
  readonly #census: Census;
  readonly #restoring: Restoring;
  readonly #absence: Absence;
  readonly #stopListening: () => void;
  readonly #running = new Set<Promise<unknown>>();
  /** Somebody was here when the room was put together. */
  #found = false;
  #draining = false;
  #stopped = false;

  constructor(options: RoomOptions) {
    const { id, owner, bus, onEmpty, onIdle } = options;
    this.id = id;
    this.owner = owner;
    this.state = new RoomState(id);
    this.#census = options.census;
    const core = createCore(options, this.state, {
      onAgentLost: (agent) => {
        this.reports.agentLost(agent);
      },
      onMixerLost: (agent) => {
        this.mixing.agentLost(agent);
        this.outside.agentLost(agent);
      },
      onPortalLost: (portal) => {
        this.#portalLost(portal);
      },
    });
    this.#core = core;
    const seating = new Seating(core, onIdle);
    const media = createMedia(core, {
      bus,
      onIdle,
      seating,
      displace: (stream) => this.#restoring.displace(stream),
      hear: (member) => options.census.hear(member),
      remember: options.remember,
    });
    const { publishing, control, subscribing, mixing, outside } = media;
    const speaking = new Speaking(core, (speakers) => {
      mixing.heard(speakers);
    });
    const texts = new Texts(core);
    const absence = new Absence(
      core,
      (participant) => void this.departures.expel(participant, 'reconnect_timeout'),
    );
    const missed = new Missed(core);
    const restoring = new Restoring(core, { seating, publishing, subscribing, absence, onIdle });
    const onEntered = (participant: ParticipantId) => {
      speaking.tell(participant);
      outside.changed();
    };
    const checkEmpty = () => {
      const nobody = this.state.participants.size === 0 && !this.admission.busy && !this.departures.busy;
      if (nobody) onEmpty();
    };
    this.admission = new Admission(core, { seating, absence, onEntered, onOver: checkEmpty });
    this.departures = new Departures(core, {
      seating,
      publishing,
      subscribing,
      absence,
      bus,
      onLeft: (participant) => {
        texts.forget(participant);
        speaking.refresh();
        mixing.left(participant);
        outside.changed();
      },
      onGone: checkEmpty,
    });
    this.returning = new Returning(core, {
      bus,
      absence,
      missed,
      seating,
      publishing,
      subscribing,
      onBack: ({ id }) => {
        onEntered(id);
      },
      onRestored: () => {
        restoring.claim();
      },
    });
    this.reports = new AgentReports(core, { seating, publishing, subscribing, speaking, restoring });
    this.texts = texts;
    this.missed = missed;
    this.#absence = absence;
    this.seating = seating;
    this.publishing = publishing;
    this.control = control;
    this.mixing = mixing;
    this.outside = outside;
    this.receiving = media.receiving;
    this.permitting = new Permitting(core, { bus, seating, control, subscribing });
    this.subscribing = subscribing;
    this.speaking = speaking;
    this.#restoring = restoring;
    this.#stopListening = watchMembers(core, { ...options, mixing, outside });
  }

  /** Somebody else may own the room by now: nothing is answered any more. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** The room is about to be handed over: what runs is finished, nothing new is begun. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Whether nothing would be missed if the room were closed. */
  get empty(): boolean {
    return this.deserted && !this.outside.keepsOpen;
  }

  /** Whether nobody is in it. */
  get deserted(): boolean {
    const { state, admission, departures, seating } = this;
    const busy = admission.busy || departures.busy;
    return state.participants.size === 0 && !busy && !this.#restoring.waiting && !seating.busy;
  }

  /** Nobody has come back in time: what was begun for those who were here ends. */
  leftAlone(): void {
    if (this.deserted) this.outside.leftAlone();
  }

  /** Waits for what a member knows, when the room has not heard of something it speaks about. */
  async hear(member: MemberId): Promise<void> {
    await this.#census.hear(member);
  }

  /** Waits for what mixer agents know, but not for long. */
  readonly hearMixers = async (): Promise<void> => {
    const mixers = this.#core.mixers.candidates(new Set()).map(({ id }) => this.#census.heard(id));
    const limit = new AbortController();
    await Promise.race([Promise.all(mixers), pause(hearMs, limit.signal)]);
    limit.abort();
  };

  /** Waits for a member that has been asked what it knows. */
  async heard(member: MemberId): Promise<void> {
    await this.#census.heard(member);
  }

  /** Number of the newest entry of the log. */
  get seq(): number {
    return this.#core.journal.seq;
  }

  /** Adds what this process remembers itself; returns whether something of the room was to go on. */
  recall({ views, outside }: RoomMemory): boolean {
    this.mixing.recall(views);
    return this.outside.recall(outside);
  }

  /** Adds what a member knows of the room; returns whether it held anything of it. */
  merge(inventory: Inventory): boolean {
    if (this.#stopped) return false;
    const { log = [] } = inventory;
    this.missed.inherit(log);
    this.texts.inherit(log);
    const sent = this.outside.merge(inventory);
    const found = this.#restoring.merge(inventory) || sent;
    this.#found ||= found;
    const viewed = this.mixing.merge(inventory, this.#found);
    this.outside.changed();
    for (const portal of this.state.portalsOf()) this.#core.portals.watch(portal);
    return found || (viewed && this.#found);
  }

  /** Tells all participants what the room is now: after a takeover something may have been missed. */
  resynchronise(): void {
    this.#core.journal.tellAll({ name: 'room', data: this.state.toSnapshot() });
  }

  /** What holds in the room. */
  get rules(): RoomRules {
    return this.#core.roomConfig;
  }

  /** What management is told. */
  get events(): RoomEvents {
    return this.#core.events;
  }

  /** All that is known of it so far is in place: from now on it is told what happens. */
  begin(takeover: boolean): void {
    const look = () => ({
      participants: [...this.state.participants.values()].map(managedParticipant),
      streams: this.state.announced.map((stream) => stream.toInfo()),
    });
    this.events.begin({ takeover, look });
    this.mixing.begin();
    this.outside.begin(takeover);
    if (!this.#restoring.waiting) this.events.release();
  }

  /** Other rules hold from now on; resolves when they are in effect for everybody inside. */
  async configure(rules: RoomRules): Promise<void> {
    this.#core.roomConfig = rules;
    this.mixing.configure();
    this.outside.changed();
    await this.permitting.follow();
    // Those who were on their way may have been given what held when they came.
    void this.admission.settled().then(() => this.permitting.follow());
  }

  /** Sends everybody away and lets nobody in any more; resolves when all media is closed. */
  async evict(): Promise<void> {
    const { id, state } = this;
    this.#core.refusal = new PorticoError('room_closed', `room '${id}' was closed`);
    await Promise.all([this.#restoring.abandon(), this.admission.settled()]);
    const all = [...state.participants.values()];
    await Promise.all(all.map((participant) => this.departures.expel(participant, 'room_closed')));
  }

  /** Notes a request while it is being answered. */
  async during<T>(answer: Promise<T>): Promise<T> {
    this.#running.add(answer);
    try {
      return await answer;
    } finally {
      this.#running.delete(answer);
    }
  }

  /** Finishes what runs, for at most `ms`, so that whoever owns the room next finds no half-made things. */
  async drain(ms: number): Promise<void> {
    this.#draining = true;
    this.mixing.flush();
    this.outside.flush();
    const finished = Promise.allSettled(this.#running).then(() => this.#core.journal.handedOver());
    await within(finished, ms, () => new PorticoError('timeout', 'requests are still running')).catch(
      (error: unknown) => {
        this.#core.log.warn({ room: this.id, reason: PorticoError.from(error).message }, 'room not drained');
      },
    );
  }

  /** Lets go without telling anybody: media and participants stay as they are. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const { metrics, journal, agents, mixers, portals } = this.#core;
    this.#stopListening();
    this.#census.stop();
    this.mixing.stop();
    this.outside.stop();
    agents.stop();
    mixers.stop();
    portals.stop();
    this.seating.stop();
    this.publishing.stop();
    this.#restoring.stop();
    this.#absence.stop();
    journal.close();
    metrics.participants.dec(this.state.participants.size);
    metrics.streams.dec(this.state.streams.size);
    metrics.subscriptions.dec(this.state.subscriptions.size);
    // What still runs finds nothing that it could change or count again.
    this.state.clear();
  }

  #portalLost(portal: MemberId): void {
    this.#core.log.warn({ room: this.id, portal }, 'portal lost');
    this.#core.journal.forget(portal);
    this.#restoring.portalLost(portal);
    this.admission.cancel({ portal });
    this.departures.portalLost(portal).catch((error: unknown) => {
      this.#core.log.error(
        { room: this.id, portal, err: error },
        'participants of a lost portal not seen to',
      );
    });
  }
}
