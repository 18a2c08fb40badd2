import { setLogEventListeners } from 'mediasoup';
import type { Logger } from '../observe/log.ts';

/** A line that came from a worker and not from the library. */
const fromWorker = /^\[pid:\d+\]/;
/** A request that the worker refused: whoever made it gets the error, too. */
const refusal = /\| throwing MediaSoup\w*Error: /;

/** A least bitrate was set above what the estimator assumed: that is what it is set for. */
const clamped = /GoogCcNetworkController::ClampConstraints\(\)/;

const ofWorker = (line: string): boolean =>
  fromWorker.test(line) && !refusal.test(line) && !clamped.test(line);

/**
 * Sends the log of mediasoup to ours. It is one per process: the last caller gets it. What the library itself complains
 * of are mostly requests that a client got wrong, which would let clients fill the log: they go to `debug`.
 */
export function routeEngineLog(log: Logger): void {
  setLogEventListeners({
    onwarn: (namespace, line) => {
      log[ofWorker(line) ? 'warn' : 'debug']({ namespace, line }, 'media engine warns');
    },
    onerror: (namespace, line, error) => {
      log[ofWorker(line) ? 'error' : 'debug']({ namespace, line, err: error }, 'media engine error');
    },
  });
}
