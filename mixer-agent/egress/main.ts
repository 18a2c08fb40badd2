import process from 'node:process';
import { Egress } from './egress.ts';
import type { EgressCommand, EgressNews } from './protocol.ts';

/* An egress process: started by a mixer agent, ends with it. */

/** Without its agent it has so long to finish what it has, ms. */
const farewellMs = 1_500;

const tell = (news: EgressNews): void => {
  // The agent may just be gone.
  if (process.connected) process.send?.(news, undefined, undefined, () => undefined);
};
const at =
  (level: 'debug' | 'info' | 'warn' | 'error') => (facts: Record<string, unknown>, message: string) => {
    tell({ type: 'log', level, message, facts });
  };
const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };

let egress: Promise<Egress> | undefined;

/** Ends with a code that its agent takes for a crash, so that it starts another one. */
function fail(error: unknown): void {
  log.error({ err: error instanceof Error ? error.stack : String(error) }, 'egress process failed');
  // The message has to leave the process first.
  setImmediate(() => process.exit(1));
}

async function obey(command: EgressCommand): Promise<void> {
  if (command.type === 'start') {
    egress = Egress.start({ start: command, tell, log });
    await egress;
  } else if (command.type === 'apply') {
    (await egress)?.apply(command.spec);
  } else {
    await (await egress)?.close();
    if (process.connected) process.disconnect();
    process.exit(0);
  }
}

async function leave(): Promise<void> {
  setTimeout(() => process.exit(0), farewellMs);
  await (await egress)?.close();
  process.exit(0);
}

process.on('message', (command: EgressCommand) => {
  obey(command).catch(fail);
});
// Only the agent decides when it is over; it goes with it, whatever happened to it, and leaves no half files behind.
process.on('disconnect', () => {
  leave().catch(() => process.exit(1));
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

tell({ type: 'idle' });
