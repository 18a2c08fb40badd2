import { Emitter } from './emitter.ts';
import type { EventSource } from './emitter.ts';
import type { RecordingEndReason, RecordingEvents, RecordingStatus } from './types.ts';
import type { RecordingInfo } from './wire.ts';

/** @internal What a recording is told to do. */
export type RecordingOperation = 'pause' | 'play' | 'stop';

/** A recording of the room. The object stays the same while it runs; changing it needs the permission `moderate`. */
export class Recording implements EventSource<RecordingEvents> {
  readonly id: string;
  /** ms since 1970, by the server's clock. */
  readonly startedAt: number;
  readonly #events = new Emitter<RecordingEvents>();
  readonly #control: (id: string, operation: RecordingOperation) => Promise<void>;
  #streams: readonly string[];
  #status: RecordingStatus;
  #reason: RecordingEndReason | undefined;

  /** @internal */
  constructor(info: RecordingInfo, control: (id: string, operation: RecordingOperation) => Promise<void>) {
    this.id = info.id;
    this.startedAt = info.startedAt;
    this.#streams = info.streams;
    this.#status = info.status;
    this.#control = control;
  }

  /** Ids of the streams that are recorded. */
  get streams(): readonly string[] {
    return this.#streams;
  }

  /** `interrupted`: its server was lost, it goes on in another file in a moment. */
  get status(): RecordingStatus {
    return this.#status;
  }

  /** Why it is over; undefined while it is not, or when that was missed. */
  get reason(): RecordingEndReason | undefined {
    return this.#reason;
  }

  /** Nothing is recorded but silence and the last picture, until `play`. */
  async pause(): Promise<void> {
    await this.#control(this.id, 'pause');
  }

  async play(): Promise<void> {
    await this.#control(this.id, 'play');
  }

  /** Ends it; resolves when everything is written. */
  async stop(): Promise<void> {
    await this.#control(this.id, 'stop');
  }

  on<N extends keyof RecordingEvents>(name: N, listener: (event: RecordingEvents[N]) => void): () => void {
    return this.#events.on(name, listener);
  }

  once<N extends keyof RecordingEvents>(name: N, listener: (event: RecordingEvents[N]) => void): () => void {
    return this.#events.once(name, listener);
  }

  off<N extends keyof RecordingEvents>(name: N, listener: (event: RecordingEvents[N]) => void): void {
    this.#events.off(name, listener);
  }

  /** @internal Returns whether that is a change. */
  update({ streams, status }: RecordingInfo): boolean {
    if (status === this.#status && streams.join() === this.#streams.join()) return false;
    this.#streams = streams;
    this.#status = status;
    return true;
  }

  /** @internal */
  end(reason?: RecordingEndReason): void {
    this.#status = 'ended';
    this.#reason = reason;
  }

  /** @internal Its own listeners hear of it after those of the conference. */
  tell(): void {
    if (this.#status === 'ended')
      this.#events.emit('ended', this.#reason === undefined ? {} : { reason: this.#reason });
    else this.#events.emit('status', { status: this.#status });
  }
}
