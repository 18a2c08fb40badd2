import process from 'node:process';
import { logTo } from '../mix/log.ts';
import { Ingress } from './ingress.ts';
import type { IngressCommand, IngressNews } from './protocol.ts';

/* An ingress process: started by a mixer agent, ends with it. */

const tell = (news: IngressNews): void => {
  // The agent may just be gone.
  if (process.connected) process.send?.(news, undefined, undefined, () => undefined);
};
const log = logTo(tell);

let ingress: Promise<Ingress> | undefined;

/** Ends with a code that its agent takes for a crash, so that it starts another one. */
function fail(error: unknown): void {
  log.error({ err: error instanceof Error ? error.stack : String(error) }, 'ingress process failed');
  // The message has to leave the process first.
  setImmediate(() => process.exit(1));
}

async function obey(command: IngressCommand): Promise<void> {
  if (command.type === 'start') {
    ingress = Ingress.start({ start: command, tell, log });
    await ingress;
  } else if (command.type === 'apply') {
    (await ingress)?.apply(command.spec);
  } else {
    await (await ingress)?.close();
    process.disconnect();
  }
}

process.on('message', (command: IngressCommand) => {
  obey(command).catch(fail);
});
// Only the agent decides when it is over; it goes with it, whatever happened to it.
process.on('disconnect', () => process.exit(0));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

tell({ type: 'idle' });
