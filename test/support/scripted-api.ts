import type { z } from 'zod';
import type { Bus, Service } from '../../common/bus/bus.ts';
import { serveContract } from '../../common/bus/contract.ts';
import { memberContract } from '../../common/contract/cluster.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import { memberAddress, type MemberId, type RoomId } from '../../common/contract/ids.ts';
import {
  managementContract,
  type ManagementContract,
  type RecordingReady,
  type Revocation,
  type RoomEvent,
} from '../../common/contract/management.ts';
import { RoomSettings, type StoredRoom } from '../../common/contract/room-settings.ts';
import type { Input } from '../../common/contract/rpc.ts';
import type { ScriptedMember } from './scripted-calls.ts';

type Report = Input<ManagementContract, 'events.report'>;

/** Settings of a room as the store returns them. */
export const storedRoom = (
  settings: Partial<z.input<typeof RoomSettings>> = {},
  { version = 1, service = 'app' } = {},
): StoredRoom => ({ settings: RoomSettings.parse({ name: 'room', ...settings }), version, service });

/** An honest stand-in for a process of the management API: a store of maps. */
export class ScriptedApi {
  readonly id: MemberId;
  readonly rooms = new Map<RoomId, StoredRoom>();
  readonly keys = new Map<string, string>();
  readonly revocations: Revocation[] = [];
  /** Reports that it has accepted, in order. */
  readonly reports: Report[] = [];
  /** Recordings that it was told are ready, in order. */
  readonly ready: RecordingReady[] = [];
  /** How often each method was asked for. */
  readonly asked = { 'room.lookup': 0, 'service.key': 0, 'events.report': 0, 'recording.ready': 0 };
  /** Its store does not work. */
  broken = false;
  /** What lookups wait for. */
  held: Promise<void> = Promise.resolve();
  #service: Service | undefined;

  static async create(member: ScriptedMember): Promise<ScriptedApi> {
    const api = new ScriptedApi(member.membership.id);
    await api.#serve(member.bus);
    return api;
  }

  private constructor(id: MemberId) {
    this.id = id;
  }

  /** Events of a room that it was told, each once, in the order of their numbers. */
  events(room: RoomId): RoomEvent[] {
    const all = this.reports.filter((report) => report.room === room);
    const seen = new Set<string>();
    return all.flatMap(({ owner, events }) =>
      events.flatMap(({ seq, event }) => {
        const key = `${String(owner.epoch)} ${owner.id} ${String(seq)}`;
        const isNew = !seen.has(key);
        seen.add(key);
        return isNew ? [event] : [];
      }),
    );
  }

  types(room: RoomId): string[] {
    return this.events(room).map(({ type }) => type);
  }

  async close(): Promise<void> {
    await this.#service?.close();
  }

  async #serve(bus: Bus): Promise<void> {
    const handler = serveContract(
      { ...memberContract, ...managementContract },
      {
        'room.inventory': () => {
          throw new PorticoError('not_supported', 'it knows nothing of rooms');
        },
        'room.owner': () => ({}),
        'room.remember': () => ({}),
        'room.lookup': async ({ room }) => {
          this.#count('room.lookup');
          const answer = { stored: this.rooms.get(room) ?? null, revocations: [...this.revocations] };
          await this.held;
          return answer;
        },
        'service.key': async ({ id }) => {
          this.#count('service.key');
          const key = this.keys.get(id) ?? null;
          await this.held;
          return { key };
        },
        'events.report': (report) => {
          this.#count('events.report');
          this.reports.push(structuredClone(report));
          return {};
        },
        'recording.ready': (news) => {
          this.#count('recording.ready');
          this.ready.push(structuredClone(news));
          return {};
        },
      },
    );
    this.#service = await bus.serve(memberAddress(this.id), handler);
  }

  #count(method: keyof typeof this.asked): void {
    this.asked[method] += 1;
    if (this.broken) throw new PorticoError('unavailable', 'the store does not answer');
  }
}
