import process from 'node:process';
import { IngressStage } from './ingress-stage.ts';

/* What of a mixer agent fetches streams in a process of its own; says when a stream is there. */

const [folder = '', url = ''] = process.argv.slice(2);
const stage = await IngressStage.create({ streaming: { input_folders: [folder] } });
await stage.apply(url, { loop: true });
process.send?.('fetching');
