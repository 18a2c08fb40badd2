import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { Bus } from '../../common/bus/bus.ts';
import { Caller } from '../../common/bus/contract.ts';
import { accessContract, type AccessContract } from '../../common/contract/access.ts';
import type { ClientInput } from '../../common/contract/client.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import { memberAddress, type MemberId } from '../../common/contract/ids.ts';
import type { Output } from '../../common/contract/rpc.ts';
import { backoff, pause } from '../../common/lifecycle/wait.ts';
import type { Attendee } from './attendee.ts';

/** Requests that concern only the transports of a participant: they go to its agent, past the room's owner. */
export type DirectMethod =
  | 'getRouterRtpCapabilities'
  | 'connectTransport'
  | 'produce'
  | 'consume'
  | 'resume'
  | 'setLayers'
  | 'restartIce'
  | 'getStats';

type DirectInput<M extends DirectMethod> = z.input<AccessContract[M]['input']>;

export interface AgentClientOptions {
  bus: Bus;
  portal: MemberId;
  timeoutMs: number;
}

/** Calls the access agent that carries a participant's media. */
export class AgentClient {
  readonly #options: AgentClientOptions;
  readonly #caller: Caller<AccessContract>;

  constructor(options: AgentClientOptions) {
    this.#options = options;
    this.#caller = new Caller(options.bus, accessContract);
  }

  /**
   * @throws PorticoError of the agent; `transport_not_found` when the participant has none, `worker_lost` when its agent
   * is gone: the client creates its transports anew.
   */
  async call<M extends DirectMethod>(
    attendee: Attendee,
    method: M,
    request: ClientInput<M>,
  ): Promise<Output<AccessContract, M>> {
    const agent = attendee.record?.agent;
    if (agent === undefined) {
      throw new PorticoError('transport_not_found', 'this participant has no transport: create one first');
    }
    const { room, id: participant } = attendee;
    // The compiler does not see that this is the input of every one of these methods.
    const params = { room, participant, portal: this.#options.portal, request } as DirectInput<M>;
    try {
      return await this.#persist(agent, method, params);
    } catch (error) {
      if (!(error instanceof PorticoError) || error.code !== 'unavailable') throw error;
      const message = 'the agent of this participant is gone: create the transports again';
      throw new PorticoError('worker_lost', message);
    }
  }

  /** Repeats a call whose fate is unknown, under its id, until the deadline. */
  async #persist<M extends DirectMethod>(
    agent: MemberId,
    method: M,
    params: DirectInput<M>,
  ): Promise<Output<AccessContract, M>> {
    const id = randomUUID();
    const deadline = performance.now() + this.#options.timeoutMs;
    for (let attempt = 0; ; attempt += 1) {
      const timeoutMs = Math.max(1, Math.ceil(deadline - performance.now()));
      try {
        return await this.#caller.call(memberAddress(agent), method, params, { id, timeoutMs });
      } catch (error) {
        const waitMs = backoff(attempt, { baseMs: 40, maxMs: 500 });
        const lost = error instanceof PorticoError && error.code === 'connection_lost';
        if (!lost || performance.now() + waitMs >= deadline) throw error;
        await pause(waitMs);
      }
    }
  }
}
