import type { Bus } from '../../common/bus/bus.ts';

/** What a bus does: one call at a time (ms), and many at once. */
export interface BusFigures {
  p50: number;
  p99: number;
  perSecond: number;
}

export interface BusBenchOptions {
  /** Calls one after the other, for the latency. */
  sequential?: number;
  /** Calls in flight together, and how many altogether, for the throughput. */
  inFlight?: number;
  total?: number;
}

/** Measures calls of `caller` to `server`, with a small request and answer. The two may live in other processes. */
export async function benchBus(
  { caller, server }: { caller: Bus; server: Bus },
  { sequential = 2_000, inFlight = 100, total = 20_000 }: BusBenchOptions = {},
): Promise<BusFigures> {
  const address = 'bench.echo';
  const service = await server.serve(address, (params) => Promise.resolve(params));
  try {
    await repeat(caller, address, { total: sequential, inFlight: 1 }); // warms up
    const times = await repeat(caller, address, { total: sequential, inFlight: 1 });
    times.sort((a, b) => a - b);
    const started = performance.now();
    await repeat(caller, address, { total, inFlight });
    const seconds = (performance.now() - started) / 1_000;
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), perSecond: total / seconds };
  } finally {
    await service.close();
  }
}

/** Calls with a constant number in flight; resolves with the time of each, ms. */
async function repeat(
  caller: Bus,
  address: string,
  { total, inFlight }: { total: number; inFlight: number },
): Promise<number[]> {
  const times: number[] = [];
  let issued = 0;
  const runner = async (): Promise<void> => {
    while (issued < total) {
      const n = issued++;
      const started = performance.now();
      await caller.call(address, 'echo', { n, room: 'demo', kind: 'audio' });
      times.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, runner));
  return times;
}

const quantile = (sorted: number[], q: number): number => sorted[Math.floor(q * (sorted.length - 1))] ?? 0;
