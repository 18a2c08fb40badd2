import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { MixerStage } from './mixer-stage.ts';
import { specOf } from './specs.ts';

/* A mixer agent in a process of its own, with a mix that encodes; says when it runs. */

const processFile = fileURLToPath(new URL('../../../../../mixer-agent/mix/main.ts', import.meta.url));
const stage = await MixerStage.create({ accesses: 0, mixer: { spare: 1 }, agent: { processFile } });
await stage.apply(specOf({ room: stage.access.room }));
process.send?.('mixing');
