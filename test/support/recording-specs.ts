import { Recording } from '../../common/config/mixer-sections.ts';
import { type Container, EgressSpec } from '../../common/contract/egress.ts';
import { silentLogger } from '../../common/observe/log.ts';
import { Recordings, type RecordingsOptions } from '../../mixer-agent/recordings/recordings.ts';

/** A recording of a room, of nothing yet. */
export const recordingSpec = (id: string, changes: Record<string, unknown> = {}): EgressSpec =>
  EgressSpec.parse({
    ...{ id, room: 'room', revision: 1, part: 1, target: { type: 'recording', container: 'auto' } },
    ...{ keyFrameInterval: 5, startedAt: Date.now(), origin: { by: 'admin' } },
    participants: [{ id: 'p', user: 'ann' }],
    ...changes,
  });

export const containerSpec = (id: string, container: Container): EgressSpec =>
  recordingSpec(id, { target: { type: 'recording', container } });

/** Recordings in a folder, in a hurry: what nobody holds is found after a good second. */
export function recordingsIn(
  folder: string,
  config: Record<string, unknown> = {},
  more: Partial<RecordingsOptions> = {},
): Recordings {
  return new Recordings({
    ...{ config: Recording.parse({ min_free_mb: 0, ...config }), folder, log: silentLogger },
    ...{
      ffmpeg: () => Promise.resolve('ffmpeg'),
      announce: () => Promise.resolve(true),
      beatMs: 400,
      watchMs: 100,
      retryMs: 50,
    },
    ...more,
  });
}
