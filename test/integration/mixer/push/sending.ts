import { PushSink, type PushSinkOptions } from '../../../../mixer-agent/egress/push/push-sink.ts';
import type { LiveTarget } from '../../../../mixer-agent/egress/push/arguments.ts';
import type { Wishes } from '../../../../mixer-agent/egress/push/carriage.ts';
import { type Clip, ClipPlayer } from '../../../support/encoded-clip.ts';
import { quiet } from '../../../support/pictures.ts';
import { until } from '../../../support/until.ts';

/** A machine with much to do is slow; nothing here is said about how fast it is. */
const timeoutMs = 60_000;

export const target = (
  protocol: LiveTarget['protocol'],
  destination: string,
  more: Partial<LiveTarget> = {},
): LiveTarget => ({
  ...{ type: 'live', protocol, destination, guarded: false, method: 'PUT', segmentDuration: 2, segments: 5 },
  retry: { baseMs: 50, maxMs: 200, forMs: 60_000, connectMs: 5_000 },
  ...more,
});

/** A live stream out of a clip that is played over and over. */
export class Sending {
  readonly sink: PushSink;
  #player: ClipPlayer;
  keyFramesAsked = 0;
  over: string | undefined;
  /** Each change of status, with its error. */
  readonly changes: string[] = [];

  static async start(clip: Clip, options: { target: LiveTarget; wishes?: Wishes }): Promise<Sending> {
    const holder: { sending?: Sending } = {};
    const events: PushSinkOptions['events'] = {
      onChange: () => holder.sending?.note(),
      onKeyFrameNeeded: () => {
        if (holder.sending) holder.sending.keyFramesAsked += 1;
      },
      onOver: (reason) => {
        if (holder.sending) holder.sending.over = reason;
      },
    };
    const sink = await PushSink.open({
      ...{ ffmpeg: 'ffmpeg', keyFrameInterval: 2, wishes: {}, events, log: quiet },
      ...options,
    });
    holder.sending = new Sending(sink, clip);
    return holder.sending;
  }

  private constructor(sink: PushSink, clip: Clip) {
    this.sink = sink;
    sink.begin(clip.tracks);
    this.#player = new ClipPlayer(clip, sink);
  }

  note(): void {
    const { status, error } = this.sink.progress();
    this.changes.push(error === undefined ? status : `${status}: ${error.message}`);
  }

  /** Waits until so much media time has arrived since now, ms. */
  async sent(ms: number): Promise<void> {
    const from = this.sink.progress().durationMs;
    await until(() => this.sink.progress().durationMs >= from + ms, { what: `${ms} ms are sent`, timeoutMs });
  }

  /** @returns the error that it has then */
  async reaches(status: string): Promise<string> {
    const { error } = await until(
      () => {
        const progress = this.sink.progress();
        return progress.status === status && progress;
      },
      { what: `the stream is ${status}: ${this.changes.join(', ')}`, timeoutMs },
    );
    return error?.message ?? '';
  }

  /** Goes on with another clip of the same codecs. */
  play(clip: Clip): void {
    this.#player.stop();
    this.sink.begin(clip.tracks);
    this.#player = new ClipPlayer(clip, this.sink, this.#player.timeMs);
  }

  async stop(): Promise<void> {
    this.#player.stop();
    await this.sink.close();
  }
}
