import { Launcher } from '../ffmpeg/launch/launcher.ts';
import { runEngine } from '../process/run-engine.ts';
import { Mix } from './mix.ts';
import type { MixWords } from './protocol.ts';
import { warmUp } from './warm-up.ts';

/* A mix process: started by a mixer agent, ends with it. */

const launcher = Launcher.create();
runEngine<MixWords>({
  name: 'mix',
  begin: async (parts) => await Mix.start({ ...parts, launcher: await launcher }),
});
// After it said that it is idle: a spare process has time for it.
void warmUp();
