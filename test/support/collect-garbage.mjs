// @ts-check
/**
 * Preloaded into a server under test (`node --import`): SIGUSR2 collects garbage, so that what remains is in use. A
 * plain collection leaves what V8 gives up only under pressure (tens of megabytes of code and caches).
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = /** @type {(options: object) => void} */ (runInNewContext('gc'));
process.on('SIGUSR2', () => {
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
});
