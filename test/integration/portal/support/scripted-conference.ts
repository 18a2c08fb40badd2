import { serveContract } from '../../../../common/bus/contract.ts';
import { conferenceContract } from '../../../../common/contract/conference.ts';
import { memberAddress } from '../../../../common/contract/ids.ts';
import type { ServiceContext } from '../../../../common/service.ts';
import { ScriptedRoom } from './scripted-room.ts';
import type { World } from './world.ts';

/** A conference agent whose rooms are scripted. */
export class ScriptedConference {
  readonly rooms: ScriptedRoom[] = [];
  readonly context: ServiceContext;
  /** How often it was asked to open a room, of which name. */
  readonly asked: string[] = [];
  /** Prepares each new room before it serves. */
  onRoom: (room: ScriptedRoom) => void = () => {};
  /** Before a room is claimed; may throw what the portal is to see. */
  beforeOpen: () => Promise<void> | void = () => {};

  static async start(world: World): Promise<ScriptedConference> {
    const conference = new ScriptedConference(await world.context('conference'));
    const { bus, membership } = conference.context;
    await bus.serve(
      memberAddress(membership.id),
      serveContract(conferenceContract, {
        'room.open': async ({ room }) => {
          conference.asked.push(room);
          await conference.beforeOpen();
          const opened = await ScriptedRoom.claim(bus, { room, member: membership.id });
          conference.rooms.push(opened);
          conference.onRoom(opened);
          return { owner: opened.owner };
        },
        'room.tokens': () => ({}),
      }),
    );
    await membership.announce();
    return conference;
  }

  private constructor(context: ServiceContext) {
    this.context = context;
  }

  get room(): ScriptedRoom {
    const room = this.rooms.at(-1);
    if (room === undefined) throw new Error('no room was opened');
    return room;
  }
}
