import { randomUUID } from 'node:crypto';
import type { Bus, BusHandler, CallOptions } from '../../common/bus/bus.ts';
import type { Membership } from '../../common/cluster/membership.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { Contract, Handlers } from '../../common/contract/rpc.ts';
import { pause } from '../../common/lifecycle/wait.ts';

/** What a stand-in needs of the process that it plays. */
export interface ScriptedMember {
  bus: Bus;
  membership: Membership;
}

/** A call that a test stopped on its way. */
export interface HeldCall {
  /** Resolves when the call has arrived. */
  readonly arrived: Promise<void>;
  readonly release: () => void;
}

/** What a test has in mind for calls that a stand-in is about to get. */
export class CallScript {
  readonly #holds = new Map<string, { arrived: () => void; released: Promise<void> }[]>();
  readonly #failures = new Map<string, PorticoError[]>();

  /** The next call of this method waits for `release`; with `answer` in front its answer does. */
  hold(point: string): HeldCall {
    let arrived: () => void = () => undefined;
    let release: () => void = () => undefined;
    const held = {
      arrived: new Promise<void>((resolve) => (arrived = resolve)),
      release: () => {
        release();
      },
    };
    const released = new Promise<void>((resolve) => (release = resolve));
    this.#holds.set(point, [...(this.#holds.get(point) ?? []), { arrived, released }]);
    return held;
  }

  /** The next call of this method fails. */
  fail(method: string, error: PorticoError): void {
    this.#failures.set(method, [...(this.#failures.get(method) ?? []), error]);
  }

  /** Has a call go as the test wants it; `refusal`: what it fails with when the test has nothing else in mind. */
  handler(
    serve: BusHandler,
    refusal: (method: string) => PorticoError | undefined = () => undefined,
  ): BusHandler {
    return async (params, context) => {
      const { method } = context;
      await this.#pass(method);
      const failure = this.#failures.get(method)?.shift() ?? refusal(method);
      if (failure !== undefined) throw failure;
      const answer: unknown = structuredClone(await serve(params, context));
      await this.#pass(`answer ${method}`);
      return answer;
    };
  }

  async #pass(point: string): Promise<void> {
    const held = this.#holds.get(point)?.shift();
    if (held === undefined) return;
    held.arrived();
    await held.released;
  }
}

/** Handlers of methods that a stand-in has no use for. */
export const notScripted = <C extends Contract>(contract: C): Handlers<C, unknown> => {
  const refuse = () => {
    throw new PorticoError('not_supported', 'not part of this stand-in');
  };
  return Object.fromEntries(Object.keys(contract).map((method) => [method, refuse])) as unknown as Handlers<
    C,
    unknown
  >;
};

/** How long one attempt may take: its owner may be dead. */
const attemptMs = 700;
const passing = new Set(['unavailable', 'timeout', 'connection_lost', 'closing', 'stale_owner', 'taken']);

/** Calls a room like a portal or agent does: whoever owns it, for as long as it takes. */
export async function persistently<T>(
  bus: Bus,
  task: (options: CallOptions) => Promise<T>,
  onUnserved: () => Promise<void>,
): Promise<T> {
  const limit = performance.now() + 8_000;
  let id = randomUUID();
  for (;;) {
    try {
      return await task({ id, timeoutMs: attemptMs });
    } catch (error) {
      const { code } = PorticoError.from(error);
      if (!passing.has(code) || performance.now() > limit || bus.state === 'closed') throw error;
      // Only what may have been handled is asked for again under the same id.
      if (code !== 'timeout' && code !== 'connection_lost') id = randomUUID();
      if (code === 'unavailable') await onUnserved();
      await pause(5);
    }
  }
}
