import { strict as assert } from 'node:assert';
import * as fc from 'fast-check';
import { pushArguments, type PushPlan } from '../../../../mixer-agent/egress/push/arguments.ts';
import { Backlog } from '../../../../mixer-agent/egress/push/backlog.ts';
import { audioPath, videoPath } from '../../../../mixer-agent/egress/push/carriage.ts';
import { FfmpegProgress } from '../../../../mixer-agent/egress/push/ffmpeg-progress.ts';
import { ffmpegWords } from '../../../../mixer-agent/egress/push/ffmpeg-words.ts';
import { Outage } from '../../../../mixer-agent/egress/push/outage.ts';
import { SegmentCuts } from '../../../../mixer-agent/egress/push/segment-cuts.ts';
import { opusTrack } from '../../../../mixer-agent/egress/headers/describe.ts';
import type { MediaUnit, Tracks } from '../../../../mixer-agent/egress/unit.ts';

const tracksOf = (codec: 'h264' | 'vp8' | 'vp9' | 'av1'): Tracks => ({
  audio: opusTrack,
  video: { kind: 'video', codec, size: { width: 1280, height: 720 } },
});

describe('what becomes of tracks on their way out', () => {
  it('is nothing where the protocol carries them, and H.264 and AAC where it does not', () => {
    const copied: [Parameters<typeof videoPath>[0], 'h264' | 'vp8' | 'vp9' | 'av1'][] = [
      ['rtmp', 'h264'],
      ['rtsp', 'vp8'],
      ['srt', 'h264'],
      ['hls', 'h264'],
      ['dash', 'vp9'],
    ];
    for (const [protocol, codec] of copied) {
      assert.deepEqual(videoPath(protocol, tracksOf(codec)), { copy: true });
      assert.deepEqual(videoPath(protocol, tracksOf('av1')), { copy: false, codec: 'h264' });
    }
    const copy = { copy: true } as const;
    assert.deepEqual(audioPath('rtsp', tracksOf('vp8'), { picture: copy }), copy);
    assert.deepEqual(audioPath('dash', tracksOf('vp9'), { picture: copy }), copy);
    const aac = { copy: false, codec: 'aac' };
    for (const protocol of ['rtmp', 'srt', 'hls', 'dash'] as const) {
      assert.deepEqual(audioPath(protocol, tracksOf('h264'), { picture: copy }), aac);
    }
    assert.deepEqual(audioPath('srt', tracksOf('h264'), { picture: copy, wish: { codec: 'opus' } }), copy);
  });

  it('is what was wished for, as far as the protocol carries it', () => {
    assert.deepEqual(videoPath('rtmp', tracksOf('h264'), { bitrate: 500 }), {
      ...{ copy: false, codec: 'h264', bitrate: 500 },
    });
    assert.deepEqual(videoPath('rtmp', tracksOf('h264'), { codec: 'vp8' }), { copy: true });
    assert.deepEqual(videoPath('dash', tracksOf('h264'), { codec: 'vp9' }), { copy: false, codec: 'vp9' });
  });

  it('never makes a listener out of FFmpeg, and names the destination last', () => {
    for (const protocol of ['rtmp', 'rtsp', 'srt', 'hls', 'dash'] as const) {
      const plan: PushPlan = {
        target: {
          ...{ type: 'live', protocol, destination: 'there', guarded: false, method: 'PUT' },
          ...{ segmentDuration: 2, segments: 5 },
          retry: { baseMs: 1, maxMs: 2, forMs: 3, connectMs: 4_000 },
        },
        ...{ tracks: tracksOf('h264'), wishes: {}, keyFrameInterval: 2, output: 'there', outputOptions: [] },
        ...{ goesOn: false, run: 'x' },
      };
      const given = pushArguments(plan);
      assert.equal(given.at(-1), 'there');
      assert.ok(!given.includes('-listen'));
      assert.equal(given.includes('-timeout'), protocol === 'rtsp');
    }
  });
});

describe('segments', () => {
  it('begin with the key frame that is due, and are never much shorter than asked for', () => {
    const steps = fc.array(fc.integer({ min: 20, max: 3_000 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(steps, (gaps) => {
        const cuts = new SegmentCuts(2);
        let time = 0;
        let last = 0;
        assert.ok(cuts.isCut(0));
        for (const gap of gaps) {
          time += gap;
          const isCut = cuts.isCut(time);
          assert.equal(isCut, time - last >= 1_500);
          if (isCut) last = time;
        }
      }),
    );
  });
});

describe('a child that is too slow', () => {
  const unit = (kind: MediaUnit['kind'], key: boolean): MediaUnit => ({
    ...{ kind, key, timeMs: 0, data: new Uint8Array(1) },
  });

  it('gets sound as long as possible, and pictures from a key frame on when it has caught up', () => {
    const child = { waiting: 0 };
    const backlog = new Backlog({ child, hasVideo: true });
    assert.ok(backlog.takes(unit('video', false)));
    child.waiting = 5_000_000;
    assert.deepEqual([backlog.takes(unit('video', true)), backlog.takes(unit('audio', true))], [false, true]);
    child.waiting = 2_000_000;
    assert.deepEqual([backlog.takes(unit('video', true)), backlog.wantsKeyFrame], [false, false]);
    child.waiting = 0;
    assert.deepEqual([backlog.takes(unit('video', false)), backlog.wantsKeyFrame], [false, true]);
    assert.deepEqual([backlog.takes(unit('video', true)), backlog.wantsKeyFrame], [true, false]);
    assert.equal(backlog.dropped, 3);
    child.waiting = 9_000_000;
    assert.equal(backlog.takes(unit('audio', true)), false);
  });
});

describe('what FFmpeg says', () => {
  it('is told without addresses, repetitions and consequences', () => {
    const said = [
      '[tcp @ 0x5632] Connection to tcp://127.0.0.1:19351?tcp_nodelay=0 failed: Connection refused',
      '[rtmp @ 0x56a4] Cannot open connection',
      '[rtmp @ 0x56a5] Cannot open connection',
      '',
      'Error writing trailer of pipe:: Broken pipe',
    ];
    assert.equal(
      ffmpegWords(said),
      'Connection to tcp://127.0.0.1:19351?tcp_nodelay=0 failed: Connection refused; Cannot open connection',
    );
    const newer = [
      '[out#0/flv @ 0x5593d14a5ec0] Error opening output rtmp://far.example/live/key: Connection refused',
      'Error opening output file rtmp://far.example/live/key.',
      'Error opening output files: Connection refused',
    ];
    assert.equal(ffmpegWords(newer), 'Error opening output rtmp://far.example/live/key: Connection refused');
    assert.ok(ffmpegWords(['x'.repeat(10_000)]).length <= 400);
  });

  it('about its progress is read in whatever pieces it comes', () => {
    const text = 'fps=1\ntotal_size=N/A\nout_time_us=1500000\nprogress=continue\ntotal_size=4711\n';
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), (piece) => {
        const progress = new FfmpegProgress();
        for (let at = 0; at < text.length; at += piece)
          progress.push(Buffer.from(text.slice(at, at + piece)));
        assert.deepEqual([progress.timeMs, progress.bytes], [1_500, 4_711]);
      }),
    );
  });
});

describe('a far end that comes and goes', () => {
  const retry = { baseMs: 10, maxMs: 100, forMs: 1_000, connectMs: 100 };

  it('is live, tried again, live again, and given up in the end', () => {
    const outage = new Outage(retry);
    assert.equal(outage.status, 'connecting');
    assert.ok(outage.arrived(0));
    assert.equal(outage.arrived(1), false);
    outage.check(200);
    outage.failed('gone', 300);
    assert.deepEqual([outage.status, outage.error, outage.failures], ['retrying', 'gone', 1]);
    outage.arrived(400);
    assert.deepEqual([outage.status, outage.error, outage.reconnects], ['live', undefined, 1]);
    outage.check(600);
    assert.equal(outage.failures, 0);
    outage.failed('gone', 2_000);
    assert.equal(outage.isHopeless(2_900), false);
    // What it takes for a moment only does not count.
    outage.arrived(2_910);
    outage.failed('gone', 2_920);
    assert.equal(outage.isHopeless(3_100), true);
    outage.giveUp();
    assert.equal(outage.status, 'failed');
  });
});
