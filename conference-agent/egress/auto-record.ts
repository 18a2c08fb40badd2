import { randomBytes } from 'node:crypto';
import { EgressId } from '../../common/contract/ids.ts';
import type { RoomCore } from '../room-core.ts';
import type { View } from '../views/view.ts';
import type { Egress } from './egress.ts';
import type { Egresses } from './egresses.ts';
import type { EgressTracks } from './egress-tracks.ts';

/** Seconds between key frames. */
const keyFrameInterval = 5;

/** A room that records itself: a view, from the first participant to the last. */
export class AutoRecord {
  readonly #core: RoomCore;
  readonly #egresses: Egresses;
  /** One was ended while somebody was in the room: there is no other one until the room has been empty. */
  #done = false;
  /** Set while a recording of an owner before this one may still turn up. */
  #timer: NodeJS.Timeout | undefined;
  #begun = false;

  constructor(core: RoomCore, egresses: Egresses) {
    this.#core = core;
    this.#egresses = egresses;
  }

  /** @param takeover somebody had the room before */
  begin(takeover: boolean): void {
    const begin = () => {
      this.#timer = undefined;
      this.#begun = true;
      this.check();
    };
    if (takeover) this.#timer = setTimeout(begin, this.#core.config.cluster.orphan_ms);
    else begin();
  }

  /** People, recordings or settings have changed. */
  check(): void {
    const { state, roomConfig } = this.#core;
    const running = this.#running();
    if (state.participants.size === 0) {
      this.#done = false;
      // Until all are known who were here, nobody being here means nothing.
      if (this.#begun && running !== undefined) void running.end('source_ended');
      return;
    }
    if (!this.#begun || this.#done || running !== undefined || roomConfig.auto_record === false) return;
    this.#start(roomConfig.auto_record);
  }

  /** Nobody has come back in time, whoever may have been here under an owner before this one. */
  leftAlone(): void {
    void this.#running()?.end('source_ended');
  }

  /** One is over. */
  ended({ order, over }: Egress): void {
    if (order.origin.by === 'room' && over !== 'source_ended') this.#done = true;
  }

  #running(): Egress | undefined {
    return this.#egresses.list('recording').find(({ order }) => order.origin.by === 'room');
  }

  #start({ view: label, container }: Exclude<RoomCore['roomConfig']['auto_record'], false>): void {
    const { state, log } = this.#core;
    const view = label === undefined ? [...state.views.values()][0] : state.views.get(label);
    if (view === undefined) {
      log.error({ room: state.id, view: label }, 'the room has no such view to record');
      this.#done = true;
      return;
    }
    this.#egresses.insist({
      id: EgressId.parse(randomBytes(16).toString('hex')),
      target: { type: 'recording', container },
      tracks: tracksOf(view),
      keyFrameInterval,
      origin: { by: 'room' },
      startedAt: Date.now(),
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#begun = false;
  }
}

function tracksOf(view: View): EgressTracks {
  const { stream } = view;
  const [audio, video] = [view.track('audio'), view.track('video')];
  return {
    ...(audio && { audio: { stream, id: audio, paused: false } }),
    ...(video && { video: { stream, id: video, paused: false } }),
  };
}
