import { readFile } from 'node:fs/promises';

/**
 * Whether players can begin with a playlist or manifest. FFmpeg writes the manifest of DASH when the first segment of one
 * track is there; with none of the other one players fail for good.
 */
const isComplete = (list: string): boolean => !/<SegmentTimeline(\s*\/>|>\s*<\/SegmentTimeline>)/.test(list);

/** A list that players can begin with; undefined: there is none at this moment. */
export async function readComplete(path: string): Promise<Buffer | undefined> {
  try {
    const list = await readFile(path);
    return isComplete(list.toString('utf8')) ? list : undefined;
  } catch {
    return undefined;
  }
}
