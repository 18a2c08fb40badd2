import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import { RouterId, type RoomId } from '../contract/ids.ts';
import type { MediaWorker } from './media-worker.ts';

/** How often levels are measured, ms. The engine wants 10 packets of audio in each interval. */
const levelIntervalMs = 300;
/** Audio below this does not count as speaking, dBov. */
const levelThreshold = -50;
/** At most so many speak at a time. */
const maxSpeakers = 20;

/** A room on one worker: its router and the observers of who speaks there. */
export class RoomRouter extends EventEmitter<{ closed: [] }> {
  readonly id: RouterId;
  readonly room: RoomId;
  readonly worker: MediaWorker;
  readonly router: types.Router;
  readonly levels: types.AudioLevelObserver;
  readonly activeSpeaker: types.ActiveSpeakerObserver;

  private constructor(
    room: RoomId,
    worker: MediaWorker,
    engine: {
      router: types.Router;
      levels: types.AudioLevelObserver;
      activeSpeaker: types.ActiveSpeakerObserver;
    },
  ) {
    super();
    this.setMaxListeners(0);
    this.id = RouterId.parse(engine.router.id);
    this.room = room;
    this.worker = worker;
    this.router = engine.router;
    this.levels = engine.levels;
    this.activeSpeaker = engine.activeSpeaker;
    this.router.observer.once('close', () => {
      this.emit('closed');
    });
  }

  /** @throws PorticoError `worker_lost` */
  static async create(room: RoomId, worker: MediaWorker): Promise<RoomRouter> {
    const router = await worker.createRouter();
    try {
      const [levels, activeSpeaker] = await worker.run('createObservers', () =>
        Promise.all([
          router.createAudioLevelObserver({
            interval: levelIntervalMs,
            threshold: levelThreshold,
            maxEntries: maxSpeakers,
          }),
          router.createActiveSpeakerObserver({ interval: levelIntervalMs }),
        ]),
      );
      return new RoomRouter(room, worker, { router, levels, activeSpeaker });
    } catch (error) {
      router.close();
      throw error;
    }
  }

  get closed(): boolean {
    return this.router.closed;
  }

  close(): void {
    this.router.close();
  }
}
