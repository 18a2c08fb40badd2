import { EventEmitter } from 'node:events';
import type { Bus, Service } from '../../../../common/bus/bus.ts';
import { parse } from '../../../../common/bus/contract.ts';
import type { Owner } from '../../../../common/contract/cluster.ts';
import { roomContract, type RoomContract } from '../../../../common/contract/conference.ts';
import { PorticoError } from '../../../../common/contract/errors.ts';
import { MemberId, roomAddress, type RoomId } from '../../../../common/contract/ids.ts';
import type { Input } from '../../../../common/contract/rpc.ts';

const reports = ['trackAdded', 'sessionsEnded', 'speaking', 'mixEnded', 'ingressChanged'] as const;
type Report = (typeof reports)[number];

export type Reported = {
  [M in Report]: { method: M; params: Input<RoomContract, M> };
}[Report];

/** The owner of a room, as far as agents know it: hears reports and keeps them. */
export class ScriptedOwner extends EventEmitter<{ change: [] }> {
  readonly owner: Owner = { epoch: 1_000, id: MemberId.parse('conference-test') };
  readonly heard: Reported[] = [];

  #service: Service | undefined;

  /** Ends without a word: nobody owns the room. */
  async vanish(): Promise<void> {
    await this.#service?.close();
    this.#service = undefined;
  }

  async serve(bus: Bus, room: RoomId): Promise<void> {
    this.#service = await bus.serve(roomAddress(room), (params, { method }) => {
      this.heard.push(this.#read(method, params));
      this.emit('change');
      return Promise.resolve({ owner: this.owner, result: {} });
    });
  }

  /** Everything heard by one method. */
  all<M extends Report>(method: M): Input<RoomContract, M>[] {
    return this.heard.flatMap((report) =>
      report.method === method ? [report.params as Input<RoomContract, M>] : [],
    );
  }

  #read(method: string, params: unknown): Reported {
    const report = reports.find((known) => known === method);
    if (report === undefined) throw new PorticoError('unknown_method', `agents do not call '${method}'`);
    return { method: report, params: parse(roomContract[report].input, params) } as Reported;
  }
}
