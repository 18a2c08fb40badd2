import { LocalBroker, LocalBus } from '../../../../common/bus/local-bus.ts';
import { signingKey, SigningKeys } from '../../../../common/auth/keys.ts';
import { ticketKey } from '../../../../common/auth/ticket-key.ts';
import { mintToken, type TokenRequest } from '../../../../common/auth/mint.ts';
import { Membership } from '../../../../common/cluster/membership.ts';
import { Prober } from '../../../../common/cluster/prober.ts';
import { Config } from '../../../../common/config/schema.ts';
import type { Role } from '../../../../common/contract/cluster.ts';
import { silentLogger } from '../../../../common/observe/log.ts';
import { createMetrics } from '../../../../common/observe/metrics.ts';
import type { ServiceContext } from '../../../../common/service.ts';
import { freePort } from '../../../support/free-port.ts';
import { Portal, type PortalOptions } from '../../../../portal/portal.ts';
import { publicUrl } from '../../../../portal/public-url.ts';

export const key = signingKey('tests', 'a secret of the tests, long enough to sign with');

/** Key of reconnection tickets: all portals of a test are of one deployment. */
export const ticketsKey = ticketKey('another secret of the tests, also long enough');

/** Times short enough for tests; a free port. */
const quick = {
  server: { port: 0 },
  portal: { drain_ms: 50 },
  cluster: { heartbeat_ms: 100, probe_ms: 20, inventory_timeout_ms: 200 },
};

type Section = Record<string, unknown>;

/** Several services of one test, joined by a broker of their own. */
export class World {
  readonly broker = new LocalBroker();
  readonly #config: Config;
  readonly #closers: (() => Promise<void>)[] = [];

  constructor(overrides: Record<string, Section> = {}) {
    const merged: Record<string, Section> = { ...quick };
    for (const [name, section] of Object.entries(overrides)) {
      merged[name] = { ...merged[name], ...section };
    }
    this.#config = Config.parse(merged);
  }

  /** What a service of this role gets from its process. */
  async context(role: Role, port = 0): Promise<ServiceContext> {
    const bus = await LocalBus.connect(this.broker, { name: `${role}-${String(this.#closers.length)}` });
    const { cluster } = this.#config;
    const membership = await Membership.create({
      bus,
      role,
      log: silentLogger,
      heartbeatMs: cluster.heartbeat_ms,
      missedHeartbeats: cluster.missed_heartbeats,
      ...(role === 'portal' ? { url: publicUrl(this.#config.server, port) } : {}),
    });
    const prober = new Prober(bus, cluster.probe_ms);
    this.onClose(async () => {
      prober.close();
      await membership.close();
      await bus.close();
    });
    const server = { ...this.#config.server, port: role === 'portal' ? port : 0 };
    const config = { ...this.#config, server };
    return { bus, membership, prober, config, log: silentLogger, metrics: createMetrics() };
  }

  async portal(options: Partial<PortalOptions> = {}): Promise<{ portal: Portal; context: ServiceContext }> {
    // Other portals announce where they are before they listen.
    const { port } = this.#config.server;
    const context = await this.context('portal', port === 0 ? await freePort() : port);
    const portal = await Portal.create(context, {
      keys: new SigningKeys([key]),
      ticketKey: ticketsKey,
      devMode: false,
      ...options,
    });
    await context.membership.announce();
    this.onClose(() => portal.close());
    return { portal, context };
  }

  onClose(closer: () => Promise<void>): void {
    this.#closers.push(closer);
  }

  /** Ends what was made, the last first. */
  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}

/** A token of the key that portals of a test trust. */
export function token(change: Partial<TokenRequest> = {}): string {
  return mintToken({
    key,
    room: 'demo',
    user: 'alice',
    role: 'presenter',
    host: 'localhost',
    secure: false,
    ...change,
  });
}

/** A promise and the function that resolves it. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Waits for a condition; fails with its description when it does not come true. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 5_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${String(timeoutMs)} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Value of a metric with exactly these labels; 0 when it has none. */
export async function metric(
  context: ServiceContext,
  name: string,
  labels: Record<string, string> = {},
): Promise<number> {
  const found = await context.metrics.getSingleMetric(name)?.get();
  const wanted = Object.entries(labels);
  const value = found?.values.find((one) => wanted.every(([label, text]) => one.labels[label] === text));
  return value?.value ?? 0;
}
