import type { types } from 'mediasoup';
import type { ParticipantId } from '../common/contract/ids.ts';
import type { RoomRouter } from '../common/media/room-router.ts';
import type { Logger } from '../common/observe/log.ts';
import type { RoomReports } from './reports.ts';
import { holdMs, Speaking } from './speaking.ts';

/** Observes who speaks on one router and reports changes to the owner of the room. */
export class Speakers {
  readonly #router: RoomRouter;
  readonly #reports: RoomReports;
  readonly #log: Logger;
  readonly #participants = new Map<string, ParticipantId>();
  readonly #speaking = new Speaking();
  #dominant: ParticipantId | null = null;
  #told = '[null]';
  #timer: NodeJS.Timeout | undefined;

  constructor(router: RoomRouter, reports: RoomReports, log: Logger) {
    this.#router = router;
    this.#reports = reports;
    this.#log = log;
    router.levels.on('volumes', (volumes) => {
      this.#measure(volumes);
    });
    router.activeSpeaker.on('dominantspeaker', ({ producer }) => {
      this.#dominant = this.#participants.get(producer.id) ?? this.#dominant;
      this.#update();
    });
    router.once('closed', () => {
      clearTimeout(this.#timer);
    });
  }

  /** Observes a producer of audio for as long as it lives. */
  add(producer: types.Producer, participant: ParticipantId): void {
    this.#participants.set(producer.id, participant);
    producer.observer.once('close', () => {
      this.#remove(producer.id, participant);
    });
    const { worker, levels, activeSpeaker } = this.#router;
    worker
      .run('observe', () =>
        Promise.all([
          levels.addProducer({ producerId: producer.id }),
          activeSpeaker.addProducer({ producerId: producer.id }),
        ]),
      )
      .catch((error: unknown) => {
        // It closed meanwhile, or its worker is gone: then there is nothing to observe.
        this.#log.debug({ err: error, participant }, 'audio is not observed');
      });
  }

  /** A new owner knows nothing yet: tells it. */
  repeat(): void {
    if (this.#told === '[null]') return;
    this.#told = '';
    this.#update();
  }

  #measure(volumes: types.AudioLevelObserverVolume[]): void {
    const speakers = volumes.flatMap(({ producer, volume }) => {
      const id = this.#participants.get(producer.id);
      return id === undefined ? [] : [{ id, volume }];
    });
    this.#speaking.measure(speakers, performance.now());
    this.#update();
  }

  #remove(producerId: string, participant: ParticipantId): void {
    this.#participants.delete(producerId);
    // A screen's sound and a microphone may be two producers of one participant.
    if ([...this.#participants.values()].includes(participant)) return;
    this.#speaking.remove(participant);
    if (this.#dominant === participant) this.#dominant = null;
    if (!this.#router.closed) this.#update();
  }

  #update(): void {
    const speakers = this.#speaking.at(performance.now());
    clearTimeout(this.#timer);
    // Silence is told by nothing: look again when the last one heard may have stopped.
    if (speakers.length > 0) {
      this.#timer = setTimeout(() => {
        this.#update();
      }, holdMs);
    }
    const told = JSON.stringify([...speakers.map(({ id }) => id).sort(), this.#dominant]);
    if (told === this.#told) return;
    this.#told = told;
    this.#reports.speaking(this.#router.id, speakers, this.#dominant);
  }
}
