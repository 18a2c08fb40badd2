import type { BusHandler } from '../../../../common/bus/bus.ts';
import { PorticoError } from '../../../../common/contract/errors.ts';
import { memberAddress, type MemberId } from '../../../../common/contract/ids.ts';
import type { ServiceContext } from '../../../../common/service.ts';
import type { World } from './world.ts';

/** An access agent that answers what the test says and remembers what it was asked. */
export class ScriptedAccess {
  readonly calls: { method: string; params: unknown; id: string }[] = [];
  readonly answers: Record<string, unknown> = {};
  readonly context: ServiceContext;
  readonly #service: { close(): Promise<void> };

  static async start(world: World): Promise<ScriptedAccess> {
    const context = await world.context('access');
    const holder: { access?: ScriptedAccess } = {};
    const handler: BusHandler = async (params, { method, id }) => {
      const { access } = holder;
      access?.calls.push({ method, params, id });
      const answer = access?.answers[method];
      if (answer === undefined) throw new PorticoError('grant_missing', `nothing permits '${method}'`);
      return answer;
    };
    const service = await context.bus.serve(memberAddress(context.membership.id), handler);
    await context.membership.announce();
    holder.access = new ScriptedAccess(context, service);
    return holder.access;
  }

  private constructor(context: ServiceContext, service: { close(): Promise<void> }) {
    this.context = context;
    this.#service = service;
  }

  get id(): MemberId {
    return this.context.membership.id;
  }

  /** Its process is gone. */
  async die(): Promise<void> {
    await this.#service.close();
  }
}
