import { problemOf } from './problems.ts';
import type { CaptureSource, DeviceProblem } from './problems.ts';

export interface CaptureRequest {
  /** Device id, or '' for the browser's choice; undefined: this kind is not wanted. */
  mic?: string;
  camera?: string;
}

export interface CaptureResult {
  tracks: MediaStreamTrack[];
  problems: Partial<Record<CaptureSource, DeviceProblem>>;
}

const micConstraints = (id: string): MediaTrackConstraints => ({
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  ...(id ? { deviceId: { exact: id } } : {}),
});

const cameraConstraints = (id: string): MediaTrackConstraints => ({
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30, max: 30 },
  ...(id ? { deviceId: { exact: id } } : { facingMode: 'user' }),
});

const open = async ({ mic, camera }: CaptureRequest): Promise<MediaStreamTrack[]> => {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: mic === undefined ? false : micConstraints(mic),
    video: camera === undefined ? false : cameraConstraints(camera),
  });
  return stream.getTracks();
};

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');

/** Opens one device; one that was chosen earlier but is gone now gives way to the browser's choice. */
const openOne = async (source: CaptureSource, id: string): Promise<CaptureResult> => {
  try {
    return { tracks: await open({ [source]: id }), problems: {} };
  } catch (error) {
    const problem = problemOf(nameOf(error));
    if (problem === 'missing' && id !== '') return openOne(source, '');
    return { tracks: [], problems: { [source]: problem } };
  }
};

/**
 * Opens microphone and camera with a single question to the person where that is possible, and falls back to each alone
 * so that a missing camera does not cost the microphone. Never rejects.
 */
export const capture = async (request: CaptureRequest): Promise<CaptureResult> => {
  const sources = (['mic', 'camera'] as const).filter((source) => request[source] !== undefined);
  // Absent on pages that are neither HTTPS nor localhost.
  if (!('mediaDevices' in navigator)) {
    return { tracks: [], problems: Object.fromEntries(sources.map((source) => [source, 'insecure'])) };
  }
  if (sources.length === 2) {
    try {
      return { tracks: await open(request), problems: {} };
    } catch {
      // Which of the two failed is not told: each is tried alone below.
    }
  }
  const results = await Promise.all(sources.map((source) => openOne(source, request[source] ?? '')));
  return {
    tracks: results.flatMap((result) => result.tracks),
    problems: Object.assign({}, ...results.map((result) => result.problems)) as CaptureResult['problems'],
  };
};
