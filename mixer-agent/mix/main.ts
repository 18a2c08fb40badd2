import { runEngine } from '../process/run-engine.ts';
import { Mix } from './mix.ts';
import type { MixWords } from './protocol.ts';
import { warmUp } from './warm-up.ts';

/* A mix process: started by a mixer agent, ends with it. */

runEngine<MixWords>({ name: 'mix', begin: (parts) => Mix.start(parts) });
// After it said that it is idle: a spare process has time for it.
warmUp();
