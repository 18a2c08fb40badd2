import process from 'node:process';
import { EgressEndReason } from '../../common/contract/mixing.ts';
import { recordingsIn } from './recording-specs.ts';

/* Finishes a recording in a process of its own: `finish-recording.ts <folder> <work folder> <reason>`. Prints what was made. */

const [folder = '', work = '', reason] = process.argv.slice(2);
const recordings = recordingsIn(folder);
const done = await recordings.finish(work, EgressEndReason.parse(reason));
recordings.close();
process.stdout.write(JSON.stringify(done));
