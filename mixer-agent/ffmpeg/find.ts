import { PorticoError } from '../../common/contract/errors.ts';
import { ffmpegCandidates, type FfmpegCandidate, type FfmpegPlaces } from './candidates.ts';
import { probeFfmpeg } from './probe.ts';

export interface FoundFfmpeg {
  path: string;
  source: FfmpegCandidate['source'];
  /** Sentences about those that come before it and cannot be used. */
  refused: string[];
}

/**
 * The first FFmpeg that can do what mixing needs.
 * @throws PorticoError `unavailable`, with the reason for each place, when there is none
 */
export async function findFfmpeg(
  places: FfmpegPlaces,
  probe: (path: string) => Promise<string | undefined> = probeFfmpeg,
): Promise<FoundFfmpeg> {
  const refused: string[] = [];
  const absent: string[] = [];
  for (const candidate of ffmpegCandidates(places)) {
    const { source, path } = candidate;
    if (path === undefined) {
      absent.push(`${source} ${candidate.absent}`);
      continue;
    }
    const reason = await probe(path);
    if (reason === undefined) return { path, source, refused };
    refused.push(`${path} (${source}) ${reason}`);
  }
  throw new PorticoError('unavailable', `No FFmpeg can be used: ${[...refused, ...absent].join('; ')}.`, {
    field: 'mixer.ffmpeg',
  });
}
