/** Why a microphone or camera cannot be used. */
export type DeviceProblem = 'denied' | 'missing' | 'busy' | 'insecure' | 'unknown';
export type CaptureSource = 'mic' | 'camera';

/** Names are those of the DOMException that `getUserMedia` rejects with (W3C Media Capture and Streams, 10.2). */
export const problemOf = (errorName: string): DeviceProblem => {
  switch (errorName) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'unknown';
  }
};

const nouns: Record<CaptureSource, string> = { mic: 'microphone', camera: 'camera' };

/** What is wrong and with which devices: one notice each. */
export interface ProblemNotice {
  problem: DeviceProblem;
  sources: CaptureSource[];
}

/** One notice per cause: both devices are mostly blocked or missing together. */
export const noticesOf = (problems: Partial<Record<CaptureSource, DeviceProblem>>): ProblemNotice[] => {
  const { camera, mic } = problems;
  if (camera !== undefined && camera === mic) return [{ problem: camera, sources: ['camera', 'mic'] }];
  return [
    ...(camera === undefined ? [] : [{ problem: camera, sources: ['camera' as const] }]),
    ...(mic === undefined ? [] : [{ problem: mic, sources: ['mic' as const] }]),
  ];
};

/** A short headline and what the person can do about it. */
export const explainProblem = ({ problem, sources }: ProblemNotice): { title: string; help: string } => {
  const noun = sources.map((source) => nouns[source]).join(' and ');
  const [is, it] = sources.length > 1 ? ['are', 'them'] : ['is', 'it'];
  switch (problem) {
    case 'denied':
      return {
        title: `Your ${noun} ${is} blocked`,
        help: `Allow ${it} next to the address in your browser, then try again.`,
      };
    case 'missing':
      return {
        title: `No ${noun.replace(' and ', ' or ')} found`,
        help: 'Plug one in and it will show up here.',
      };
    case 'busy':
      return {
        title: `Your ${noun} ${is} in use`,
        help: `Another application is holding ${it}. Close it, then try again.`,
      };
    case 'insecure':
      return {
        title: `Your ${noun} ${is === 'is' ? 'needs' : 'need'} a secure page`,
        help: 'Browsers share devices only with pages opened over HTTPS or on localhost.',
      };
    case 'unknown':
      return { title: `Your ${noun} did not start`, help: 'Try again, or choose another one.' };
  }
};

/** One sentence for a notice during the call. */
export const problemSentence = (source: CaptureSource, problem: DeviceProblem): string => {
  const { title, help } = explainProblem({ problem, sources: [source] });
  return `${title}. ${help}`;
};
