import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { types } from 'mediasoup';
import type { FinishedRecording } from '../../../../common/contract/mixing.ts';
import type { Recordings } from '../../../../mixer-agent/recordings/recordings.ts';
import { EgressStudio } from '../../../support/egress-studio.ts';
import { callerFrameMs, FlashCaller } from '../../../support/flash-caller.ts';
import { complaintsAbout } from '../../../support/media-file.ts';
import { MixRecorder } from '../../../support/mix-recorder.ts';
import { MixStudio, type StudioInput } from '../../../support/mix-studio.ts';
import { containerSpec, recordingsIn } from '../../../support/recording-specs.ts';
import { thorough } from '../../../support/thorough.ts';
import { until } from '../../../support/until.ts';
import { calmMs, type CallPlan, callPlan, lateKeyMs, playCall, type Stretch } from './support/call.ts';
import { RecordedCall } from './support/recorded-call.ts';

const lengthMs = thorough ? 180_000 : 60_000;
const mixFrameMs = 40;

interface Tracks {
  audio: types.Producer;
  video: types.Producer;
}

/** A recording that is made of tracks of a router. */
class Recorder {
  readonly #recordings: Recordings;
  readonly #studio: EgressStudio;
  readonly #tracks: Tracks;
  readonly #folder: string;
  readonly #silent = { audio: false, video: false };

  static async start(
    recordings: Recordings,
    router: types.Router,
    { id, tracks }: { id: string; tracks: Tracks },
  ): Promise<Recorder> {
    const studio = await EgressStudio.create(router);
    const { folder } = await recordings.open(containerSpec(id, 'auto'));
    await studio.start({ type: 'recording', folder, container: 'auto', syncMs: 2_000 });
    const recorder = new Recorder({ recordings, studio, tracks, folder });
    await recorder.#show();
    return recorder;
  }

  private constructor(parts: {
    recordings: Recordings;
    studio: EgressStudio;
    tracks: Tracks;
    folder: string;
  }) {
    this.#recordings = parts.recordings;
    this.#studio = parts.studio;
    this.#tracks = parts.tracks;
    this.#folder = parts.folder;
  }

  get studio(): EgressStudio {
    return this.#studio;
  }

  async mute(kind: 'audio' | 'video', muted: boolean): Promise<void> {
    this.#silent[kind] = muted;
    await this.#show();
  }

  /** @returns with the wall clock of its end */
  async finish(): Promise<{ done: FinishedRecording; endedAt: number }> {
    const endedAt = Date.now();
    await this.#studio.finish();
    return { done: await this.#recordings.finish(this.#folder, 'stopped'), endedAt };
  }

  #show(): Promise<void> {
    const { audio, video } = this.#tracks;
    return this.#studio.show({
      audio: { track: 'a-1', producer: audio, silent: this.#silent.audio },
      video: { track: 'a-2', producer: video, silent: this.#silent.video },
    });
  }
}

interface Outcome {
  call: RecordedCall;
  done: FinishedRecording;
  endedAt: number;
  complaints: string[];
}

describe('a long call', function () {
  this.timeout(5 * lengthMs);
  const plan: CallPlan = callPlan(lengthMs);
  const first: Stretch = { from: 0, to: calmMs };
  const last: Stretch = { from: lengthMs - calmMs, to: lengthMs };
  let folder: string;
  let recordings: Recordings;
  let mix: MixStudio;
  let viewer: MixRecorder;
  let caller: FlashCaller;
  let beganAt: number;
  let direct: Outcome;
  let mixed: Outcome;

  /** The call is made once, and recorded twice at the same time: as it is sent, and as the mixed view shows it. */
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-long-call-'));
    recordings = recordingsIn(folder);
    await recordings.begin();
    mix = await MixStudio.create({ width: 640, height: 360, framerate: 1_000 / mixFrameMs, bitrate: 800 });
    caller = await FlashCaller.create(mix.router);
    await mix.start();
    viewer = new MixRecorder(mix);
    await mix.receive();
    const input = await mix.add('flash', caller.tracks);
    const ofMix = await Recorder.start(recordings, mix.router, { id: 'mixed', tracks: mix.outputs });
    await until(() => (ofMix.studio.newest?.durationMs ?? 0) > 1_000, { timeoutMs: 20_000 });
    const ofCaller = await Recorder.start(recordings, mix.router, { id: 'direct', tracks: caller.tracks });
    await caller.start();
    beganAt = Date.now() - caller.elapsedMs;
    await playCall(caller, plan, { muted: (kind, muted) => mute({ ofCaller, input }, kind, muted) });
    const ended = [await ofCaller.finish(), await ofMix.finish()] as const;
    await caller.close();
    await mix.close();
    direct = await outcome(ended[0]);
    mixed = await outcome(ended[1]);
  });
  after(async () => {
    recordings.close();
    await rm(folder, { recursive: true });
  });

  const mute = async (
    { ofCaller, input }: { ofCaller: Recorder; input: StudioInput },
    kind: 'audio' | 'video',
    muted: boolean,
  ): Promise<void> => {
    await ofCaller.mute(kind, muted);
    if (kind === 'video') await mix.mute(input, muted);
  };

  const outcome = async (ended: { done: FinishedRecording; endedAt: number }): Promise<Outcome> => {
    const path = join(folder, ended.done.files[0]!.name);
    const call = await RecordedCall.read(path, beganAt - ended.done.startedAt);
    return { ...ended, call, complaints: await complaintsAbout(path) };
  };

  /** Of a long run the figures are of interest. */
  const tell = (what: string, facts: object): void => {
    if (thorough) process.stdout.write(`${what}: ${JSON.stringify(facts)}\n`);
  };

  const checkWhole = ({ call, done, endedAt, complaints }: Outcome): void => {
    assert.deepEqual(complaints, []);
    assert.equal(done.files.length, 1);
    const wholeMs = endedAt - done.startedAt;
    tell('length', { wholeMs, file: call.durationMs, sound: call.soundMs });
    assert.ok(Math.abs(call.durationMs - wholeMs) < 100, `${call.durationMs} of ${wholeMs} ms`);
    assert.ok(Math.abs(call.soundMs - wholeMs) < 100, `sound for ${call.soundMs} of ${wholeMs} ms`);
  };

  const checkSync = ({ call }: Outcome, mostApartMs: number): void => {
    // On a busy machine the caller leaves a picture out now and then: that flash says nothing.
    const sent = new Set(caller.pictures.map(({ ms }) => ms));
    const [before, after] = [call.sync(first, sent), call.sync(last, sent)];
    // Flashes fall on two points of the grid of a mix in turns: of two values the one in the middle is either.
    const driftMs = after.mean - before.mean;
    const facts = { before, after, driftMs, purity: Math.min(call.purity(first), call.purity(last)) };
    tell('sync', facts);
    const told = JSON.stringify(facts);
    for (const { pairs, p50, p80, p95 } of [before, after]) {
      assert.ok(pairs >= calmMs / 2_000, told);
      assert.ok(Math.abs(p50) < 40, told);
      // Pictures and sound of a machine that is much too busy are late for once: only the long run, which has it alone, minds.
      assert.ok((thorough ? p95 : p80) < mostApartMs, told);
    }
    assert.ok(Math.abs(driftMs) < 20, told);
    assert.ok(Math.abs(after.lateMs - before.lateMs) < 40, `against the wall clock: ${told}`);
    assert.ok(facts.purity > 25, told);
  };

  /** Pictures that the caller did not send in time are no holes of the recording. */
  const stepOfCaller = ({ from, to }: Stretch): number => {
    const sent = caller.pictures.filter(({ ms }) => ms >= from && ms <= to).map(({ ms }) => ms);
    return Math.max(...sent.map((ms, index) => ms - (sent[index - 1] ?? ms)));
  };

  const undisturbed: Stretch[] = [
    { from: 0, to: plan.muted.from },
    { from: plan.muted.to + 1_000, to: plan.brokenAt },
    { from: plan.brokenAt + lateKeyMs + 1_000, to: lengthMs - 200 },
  ];

  it('is recorded from the beginning to the end', () => {
    checkWhole(direct);
    // Without a picture for 4 s, on a busy machine, it begins with silence.
    assert.ok(direct.done.startedAt - beganAt < 100, `${direct.done.startedAt - beganAt} ms`);
  });

  it('stays in sync in its recording', () => {
    checkSync(direct, 40);
  });

  it('has all its pictures in its recording, except those that nobody could use', () => {
    assert.ok(caller.lost > 10, `${caller.lost} packets were lost`);
    for (const stretch of undisturbed) {
      const [step, sent] = [direct.call.longestStep(stretch), stepOfCaller(stretch)];
      tell('longest step', { ...stretch, step, sent, lost: caller.lost });
      assert.ok(step <= sent + 2 * callerFrameMs, `${step} ms, sent with ${sent}`);
    }
    const broken = direct.call.longestStep({
      from: plan.brokenAt - 500,
      to: plan.brokenAt + lateKeyMs + 2_000,
    });
    tell('late key frame', { broken });
    assert.ok(broken > lateKeyMs && broken < lateKeyMs + 1_500, `${broken} ms without a key frame`);
  });

  it('is silent and has no beep in its recording where it was muted, and nowhere else', () => {
    const { from, to } = plan.muted;
    for (const { call } of [direct, mixed]) {
      assert.equal(call.beeps({ from: from + 1_100, to: to + 900 }), 0);
      const heard = call.beeps(plan.dtx);
      const all = (plan.dtx.to - plan.dtx.from) / 900;
      assert.ok(Math.abs(heard - all) <= 1, `${heard} of ${all} beeps without what lies between them`);
    }
  });

  it('is recorded as the mixed view shows it, from the beginning to the end', () => {
    checkWhole(mixed);
    // A mix that has no time for a picture, on a busy machine, shows it with the next one.
    checkSync(mixed, thorough ? 40 : 40 + mixFrameMs);
  });

  it('has all pictures of the mixed view in its recording, whatever happens to its own', () => {
    const step = mixed.call.longestStep({ from: 0, to: lengthMs - 300 });
    // What a mix leaves out when the machine is busy is no hole of the recording.
    const sent = Math.max(...viewer.steps('video').keys()) / 90;
    tell('longest step of the mix', { step, sent });
    assert.ok(step <= sent + 2 * mixFrameMs, `${step} ms, sent with ${sent}`);
  });
});
