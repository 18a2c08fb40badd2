import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Assembly } from '../../../../mixer-agent/egress/assembly.ts';
import { Branch } from '../../../../mixer-agent/egress/branch.ts';
import { containerOf, type Wish, wishFor } from '../../../../mixer-agent/egress/carriage.ts';
import { describeVideo, opusTrack } from '../../../../mixer-agent/egress/headers/describe.ts';
import { KeyFrameClock } from '../../../../mixer-agent/egress/key-frame-clock.ts';
import { ebmlSize } from '../../../../mixer-agent/egress/matroska/ebml.ts';
import { matroskaHeader } from '../../../../mixer-agent/egress/matroska/header.ts';
import { MatroskaReader, type StoredUnit } from '../../../../mixer-agent/egress/matroska/reader.ts';
import { MatroskaWriter } from '../../../../mixer-agent/egress/matroska/writer.ts';
import type { EgressProcessTarget } from '../../../../mixer-agent/egress/protocol.ts';
import type { MediaUnit, Sink, Stage, StageEvents, VideoTrack } from '../../../../mixer-agent/egress/unit.ts';

const vp8: VideoTrack = { kind: 'video', codec: 'vp8', size: { width: 64, height: 48 } };
const h264: VideoTrack = { kind: 'video', codec: 'h264', size: { width: 64, height: 48 } };
const unit = (kind: 'audio' | 'video', timeMs: number, key = true): MediaUnit => ({
  ...{ kind, timeMs, key, data: Uint8Array.of(timeMs & 0xff) },
});

describe('headers of codecs', () => {
  it('are read without a throw, whatever the bytes are', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('vp8', 'vp9', 'h264', 'av1'),
        fc.oneof(
          fc.uint8Array({ maxLength: 60 }),
          fc
            .uint8Array({ maxLength: 60 })
            .map((rest) => Uint8Array.of(0, 0, 0, 1, 0x67, 100, 0, 31, ...rest, 0, 0, 1, 0x68, 1)),
          fc.uint8Array({ maxLength: 60 }).map((rest) => Uint8Array.of(0x0a, rest.length, ...rest)),
        ),
        (codec, bytes) => {
          const size = describeVideo(codec, bytes)?.size;
          assert.ok(size === undefined || (size.width > 0 && size.height > 0));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('EBML', () => {
  it('has sizes that say their own length', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const bytes = ebmlSize(value);
        assert.equal(Math.clz32(bytes[0] ?? 0) - 24 + 1, bytes.length);
        const [first = 0, ...rest] = bytes;
        const read = rest.reduce((sum, byte) => sum * 256 + byte, first & (0xff >> bytes.length));
        assert.equal(read, value);
      }),
    );
  });

  it('is filled up to any length that is asked for', () => {
    const least = matroskaHeader({ tracks: { audio: opusTrack } }).length;
    for (let more = 2; more < 300; more++) {
      assert.equal(
        matroskaHeader({ tracks: { audio: opusTrack }, padTo: least + more }).length,
        least + more,
      );
    }
  });
});

describe('a Matroska file', () => {
  const units = fc.array(
    fc.record({
      kind: fc.constantFrom('audio' as const, 'video' as const),
      data: fc.uint8Array({ minLength: 1, maxLength: 40 }),
      timeMs: fc.integer({ min: 0, max: 100_000 }),
      key: fc.boolean(),
    }),
    { maxLength: 30 },
  );

  it('is read as it was written, in pieces of any size', () => {
    fc.assert(
      fc.property(units, fc.integer({ min: 1, max: 200 }), (written, piece) => {
        const writer = new MatroskaWriter({ tracks: { audio: opusTrack, video: vp8 }, padTo: 1_000 });
        const parts = [writer.header()];
        for (const one of written) writer.unit(one, (bytes) => parts.push(bytes));
        const file = Buffer.concat(parts);
        const read: StoredUnit[] = [];
        const tracks: string[] = [];
        const reader = new MatroskaReader({
          track: ({ codecId }) => tracks.push(codecId),
          unit: (one) => read.push({ ...one, data: one.data.slice() }),
        });
        for (let at = 0; at < file.length; at += piece) reader.push(file.subarray(at, at + piece));
        assert.deepEqual(tracks, ['V_VP8', 'A_OPUS']);
        assert.deepEqual(
          read.map(({ track, timeMs, key, data }) => [track, timeMs, key, [...data]]),
          written.map(({ kind, timeMs, key, data }) => [kind === 'video' ? 1 : 2, timeMs, key, [...data]]),
        );
      }),
    );
  });

  it('that is damaged is read without a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, withHeader) => {
        const header = withHeader ? matroskaHeader({ tracks: { video: vp8 } }) : new Uint8Array(0);
        const reader = new MatroskaReader({ track: () => undefined, unit: () => undefined });
        reader.push(Buffer.concat([header, bytes]));
        reader.push(Buffer.from(bytes));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('key frames that are asked for in time', () => {
  it('come so often, counted from capture to capture, and not before the first', () => {
    const clock = new KeyFrameClock();
    clock.interval = 2;
    assert.equal(clock.take(10_000), false);
    clock.came(10_000);
    assert.equal(clock.take(11_999), false);
    assert.equal(clock.take(12_000), true);
    // On its way.
    assert.equal(clock.take(12_500), false);
    clock.came(12_040);
    assert.equal(clock.take(14_039), false);
    assert.equal(clock.take(14_040), true);
  });
});

describe('what a file can carry', () => {
  const target = (container: 'mkv' | 'webm' | 'mp4' | 'ts' | 'auto'): EgressProcessTarget => ({
    ...{ type: 'recording', folder: '', container, syncMs: 1 },
  });

  it('is taken as it comes, anything else is made into what it carries', () => {
    assert.equal(wishFor(vp8, target('mkv'), {}), undefined);
    assert.equal(wishFor(vp8, target('auto'), {}), undefined);
    assert.deepEqual(wishFor(vp8, target('mp4'), {}), { codec: 'h264' });
    assert.deepEqual(wishFor(h264, target('webm'), {}), { codec: 'vp8' });
    assert.deepEqual(wishFor(opusTrack, target('ts'), {}), { codec: 'aac' });
    assert.equal(wishFor(opusTrack, target('mp4'), {}), undefined);
  });

  it('does not hinder what is asked for by name', () => {
    const spec = { video: { track: 'v', silent: false, encode: { bitrate: 500 } } };
    assert.deepEqual(wishFor(h264, target('mkv'), spec), { codec: 'h264', bitrate: 500 });
    assert.deepEqual(wishFor(vp8, target('mp4'), spec), { codec: 'h264', bitrate: 500 });
  });

  it('decides what `auto` is', () => {
    assert.equal(containerOf('auto', { audio: 'opus', video: 'h264' }), 'mp4');
    assert.equal(containerOf('auto', { audio: 'opus' }), 'mp4');
    assert.equal(containerOf('auto', { audio: 'opus', video: 'vp8' }), 'mkv');
    assert.equal(containerOf('webm', { video: 'vp8' }), 'webm');
  });
});

class SinkLog implements Sink {
  readonly told: string[] = [];
  begin({ audio, video }: Parameters<Sink['begin']>[0]): void {
    this.told.push(`begin ${[audio?.codec, video?.codec].filter(Boolean).join(' ')}`);
  }
  push({ kind, timeMs }: MediaUnit): void {
    this.told.push(`${kind} ${timeMs}`);
  }
  progress(): ReturnType<Sink['progress']> {
    return { status: 'live', durationMs: 0, bytes: 0, dropped: 0, reconnects: 0 };
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

describe('the assembly of tracks', () => {
  it('begins when all that was expected is there, and tells of what comes later', () => {
    const sink = new SinkLog();
    const assembly = new Assembly(sink);
    assembly.expect(['audio', 'video']);
    assembly.track(opusTrack);
    assembly.unit(unit('audio', 0));
    assert.deepEqual(sink.told, []);
    assembly.track(vp8);
    assembly.unit(unit('video', 5));
    assembly.track(h264);
    assembly.finish();
    assert.deepEqual(sink.told, ['begin opus vp8', 'audio 0', 'video 5', 'begin opus h264']);
  });

  it('begins at the end with what there is', () => {
    const sink = new SinkLog();
    const assembly = new Assembly(sink);
    assembly.expect(['audio', 'video']);
    assembly.track(opusTrack);
    assembly.unit(unit('audio', 0));
    assembly.finish();
    assert.deepEqual(sink.told, ['begin opus', 'audio 0']);
  });
});

describe('the way of a track', () => {
  it('changes when something else is asked for, with a key frame, and what was before is not heard any more', () => {
    const heard: string[] = [];
    const stages: StageEvents[] = [];
    let wish: Wish | undefined;
    const branch = new Branch({
      wishFor: () => wish,
      createStage: (_wish, events): Stage => {
        stages.push(events);
        return {
          begin: () => heard.push('stage'),
          push: () => heard.push('in'),
          close: () => Promise.resolve(),
        };
      },
      events: {
        onTrack: ({ codec }) => heard.push(codec),
        onUnit: ({ timeMs }) => heard.push(`out ${timeMs}`),
        onKeyFrameNeeded: () => heard.push('key'),
        onFailed: () => undefined,
      },
    });
    branch.track(vp8);
    branch.unit(unit('video', 1));
    wish = { codec: 'h264' };
    branch.reconsider();
    branch.unit(unit('video', 2, false));
    branch.unit(unit('video', 3));
    stages[0]?.onUnit(unit('video', 3));
    wish = undefined;
    branch.reconsider();
    stages[0]?.onUnit(unit('video', 4));
    branch.unit(unit('video', 5));
    assert.deepEqual(heard, ['vp8', 'out 1', 'stage', 'key', 'in', 'out 3', 'vp8', 'key', 'out 5']);
  });
});
