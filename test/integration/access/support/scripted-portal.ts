import { EventEmitter } from 'node:events';
import type { Bus, Service } from '../../../../common/bus/bus.ts';
import { serveContract } from '../../../../common/bus/contract.ts';
import { MemberId, memberAddress, type ParticipantId } from '../../../../common/contract/ids.ts';
import { portalContract, type PortalContract } from '../../../../common/contract/portal.ts';
import type { Input } from '../../../../common/contract/rpc.ts';

export interface Hint {
  participant: ParticipantId;
  event: Input<PortalContract, 'participant.hint'>['event'];
}

/** A portal that keeps the hints it gets for its participants. */
export class ScriptedPortal extends EventEmitter<{ change: [] }> {
  readonly id: MemberId;
  readonly hints: Hint[] = [];
  #service: Service | undefined;

  constructor(id = MemberId.parse('portal-test')) {
    super();
    this.id = id;
  }

  async serve(bus: Bus): Promise<void> {
    const hint = serveContract(
      { 'participant.hint': portalContract['participant.hint'] },
      {
        'participant.hint': ({ participant, event }) => {
          this.hints.push({ participant, event });
          this.emit('change');
          return {};
        },
      },
    );
    this.#service = await bus.serve(memberAddress(this.id), hint);
  }

  /** As if it had died: nobody serves its address. */
  async stop(): Promise<void> {
    await this.#service?.close();
  }

  /** Layers that a participant was told to send, in order. */
  layers(participant: ParticipantId): number[] {
    return this.hints.flatMap(({ participant: to, event }) =>
      to === participant && event.name === 'layers' ? [event.data.maxSpatialLayer] : [],
    );
  }
}
