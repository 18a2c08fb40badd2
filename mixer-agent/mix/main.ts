import process from 'node:process';
import { logTo } from './log.ts';
import { Mix } from './mix.ts';
import type { MixCommand, MixNews } from './protocol.ts';
import { warmUp } from './warm-up.ts';

/* A mix process: started by a mixer agent, ends with it. */

const tell = (news: MixNews): void => {
  // The agent may just be gone.
  if (process.connected) process.send?.(news, undefined, undefined, () => undefined);
};
const log = logTo(tell);

let mix: Promise<Mix> | undefined;

/** Ends with a code that its agent takes for a crash, so that it starts another one. */
function fail(error: unknown): void {
  log.error({ err: error instanceof Error ? error.stack : String(error) }, 'mix process failed');
  // The message has to leave the process first.
  setImmediate(() => process.exit(1));
}

async function obey(command: MixCommand): Promise<void> {
  if (command.type === 'start') {
    mix = Mix.start({ start: command, tell, log });
    await mix;
  } else if (command.type === 'apply') {
    (await mix)?.apply(command.spec);
  } else {
    (await mix)?.close();
    process.disconnect();
  }
}

process.on('message', (command: MixCommand) => {
  obey(command).catch(fail);
});
// Only the agent decides when it is over; it goes with it, whatever happened to it.
process.on('disconnect', () => process.exit(0));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

tell({ type: 'idle' });
// After it said so: a spare process has time for it.
warmUp();
