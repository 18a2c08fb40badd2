// @ts-check
/** Preloaded into a server under test (`node --import`): SIGUSR2 collects garbage, so that what remains is in use. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = /** @type {() => void} */ (runInNewContext('gc'));
process.on('SIGUSR2', collect);
