import { sleep } from './timing.ts';

interface Closable {
  close(): void;
}

/** How much longer the old connection may take to answer than a new one takes to be made, ms. */
const mercyMs = 100;

/**
 * Decides between a connection that may be dead and a new one: while the old one is asked for a sign of life, the new one
 * is made. That needs more round trips than an answer, so when it stands first the old one is dead, however slow the network.
 * @param alive whether the old connection answers
 * @returns the new connection when it is needed; `dead` when there is neither
 */
export async function rivalOf<C extends Closable>(
  alive: Promise<boolean>,
  dialer: { dial(signal: AbortSignal): Promise<C> },
): Promise<C | 'alive' | 'dead'> {
  const stop = new AbortController();
  const dialling = dialer.dial(stop.signal).catch(() => undefined);
  const first = await Promise.race([alive, dialling]);
  if (typeof first === 'object') {
    const late = await Promise.race([alive, sleep(mercyMs)]);
    if (late !== true) return first;
    first.close();
    return 'alive';
  }
  stop.abort();
  // It may have been made at the last moment.
  void dialling.then((connection) => connection?.close());
  return first === true ? 'alive' : 'dead';
}
