import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { matroskaHeader } from '../../egress/matroska/header.ts';
import { MatroskaReader, type StoredTrack, type StoredUnit } from '../../egress/matroska/reader.ts';
import { MatroskaWriter } from '../../egress/matroska/writer.ts';
import { opusSilence } from '../../egress/timeline/opus-silence.ts';
import { opusTrack } from '../../egress/headers/describe.ts';
import { opusSamples } from '../../mix/audio/opus-packet.ts';
import type { Tracks, VideoTrack } from '../../egress/unit.ts';
import type { SegmentFacts } from '../segments.ts';

const silenceMs = 20;

/**
 * Writes segments with the same codecs one after the other into one file, each where the wall clock has it, and with
 * silence in between. Done without FFmpeg, whose ways to join files leave holes in the sound.
 */
export async function joinSegments(segments: readonly SegmentFacts[], path: string): Promise<void> {
  const tracks = tracksOf(segments);
  const zeroAt = segments[0]?.zeroAt ?? 0;
  const handle = await open(path, 'w');
  try {
    const joint = new Joint(handle, tracks);
    await joint.begin(matroskaHeader({ tracks, startedAt: zeroAt }));
    for (const segment of segments) await joint.add(segment, segment.zeroAt - zeroAt);
  } finally {
    await handle.close();
  }
}

/** The memory that is written at once. */
const batchBytes = 1024 * 1024;

class Joint {
  readonly #handle: FileHandle;
  readonly #writer: MatroskaWriter;
  readonly #hasOpus: boolean;
  #batch: Uint8Array[] = [];
  #batchBytes = 0;
  /** Up to where there is sound, and the last picture, ms. */
  #soundEnd = 0;
  #lastPicture = -1;

  constructor(handle: FileHandle, tracks: Tracks) {
    this.#handle = handle;
    this.#writer = new MatroskaWriter({ tracks, stored: true });
    this.#hasOpus = tracks.audio?.codec === 'opus';
  }

  async begin(header: Uint8Array): Promise<void> {
    this.#write(header);
    await this.#flush();
  }

  async add({ path, tracks }: SegmentFacts, offsetMs: number): Promise<void> {
    const kinds = new Map(
      tracks.map(({ number, codecId }) => [number, codecId.startsWith('V_') ? 'video' : 'audio']),
    );
    const reader = new MatroskaReader({
      track: () => undefined,
      unit: (unit) => {
        if (kinds.get(unit.track) === 'video') this.#picture(unit, offsetMs);
        else this.#sound(unit, offsetMs);
      },
    });
    for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
      reader.push(chunk as Buffer);
      if (this.#batchBytes > batchBytes) await this.#flush();
    }
    await this.#flush();
  }

  #picture({ timeMs, data, key }: StoredUnit, offsetMs: number): void {
    const time = Math.max(timeMs + offsetMs, this.#lastPicture + 1);
    this.#lastPicture = time;
    this.#unit('video', { data, timeMs: time, key });
  }

  #sound({ timeMs, data }: StoredUnit, offsetMs: number): void {
    const time = timeMs + offsetMs;
    // Of parts that overlap the first counts.
    if (time < this.#soundEnd - silenceMs / 2) return;
    while (this.#hasOpus && this.#soundEnd + silenceMs <= time) {
      this.#unit('audio', { data: opusSilence(silenceMs), timeMs: this.#soundEnd, key: true });
      this.#soundEnd += silenceMs;
    }
    this.#unit('audio', { data, timeMs: time, key: true });
    this.#soundEnd = time + (this.#hasOpus ? (opusSamples(data) ?? 0) / 48 : 0);
  }

  #unit(kind: 'audio' | 'video', unit: { data: Uint8Array; timeMs: number; key: boolean }): void {
    this.#writer.unit({ kind, ...unit }, (bytes) => {
      this.#write(bytes);
    });
  }

  #write(bytes: Uint8Array): void {
    this.#batch.push(bytes);
    this.#batchBytes += bytes.length;
  }

  async #flush(): Promise<void> {
    const whole = Buffer.concat(this.#batch);
    this.#batch = [];
    this.#batchBytes = 0;
    // Not less than all of it, unlike `write`.
    await this.#handle.appendFile(whole);
  }
}

/** The tracks of all, as the first segment that has them describes them. */
function tracksOf(segments: readonly SegmentFacts[]): Tracks {
  const stored = segments.flatMap(({ tracks }) => tracks);
  const video = stored.find(({ codecId }) => codecId.startsWith('V_'));
  const audio = stored.find(({ codecId }) => codecId.startsWith('A_'));
  return {
    ...(video === undefined ? {} : { video: videoOf(video, segments[0]?.codecs.video) }),
    ...(audio === undefined ? {} : { audio: audioOf(audio, segments[0]?.codecs.audio) }),
  };
}

const videoOf = ({ width = 0, height = 0, config }: StoredTrack, codec: string | undefined): VideoTrack => ({
  ...{ kind: 'video', codec: codec as VideoTrack['codec'], size: { width, height } },
  ...(config === undefined ? {} : { config }),
});

const audioOf = ({ config }: StoredTrack, codec: string | undefined): NonNullable<Tracks['audio']> =>
  codec === 'aac' && config !== undefined ? { ...opusTrack, codec: 'aac', config } : opusTrack;
