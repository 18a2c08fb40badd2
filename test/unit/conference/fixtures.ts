import { Registry } from 'prom-client';
import type { Bus } from '../../../common/bus/bus.ts';
import { ApiMembers } from '../../../common/cluster/api-members.ts';
import { Membership } from '../../../common/cluster/membership.ts';
import { Prober } from '../../../common/cluster/prober.ts';
import { Config } from '../../../common/config/schema.ts';
import type { Role } from '../../../common/contract/cluster.ts';
import { PorticoError } from '../../../common/contract/errors.ts';
import { MemberId, RoomId } from '../../../common/contract/ids.ts';
import { silentLogger } from '../../../common/observe/log.ts';
import { Census } from '../../../conference-agent/census.ts';
import { Inventories } from '../../../conference-agent/inventories.ts';
import { Revocations } from '../../../conference-agent/management/revocations.ts';
import { RoomEvents } from '../../../conference-agent/management/room-events.ts';
import { conferenceMetrics } from '../../../conference-agent/metrics.ts';
import { Room } from '../../../conference-agent/room.ts';
import { UsedTokens } from '../../../conference-agent/used-tokens.ts';

export interface Message {
  address: string;
  method: string;
  params: unknown;
}

const nothing = { close: () => Promise.resolve() };

/** A bus on which everything succeeds unless a test says otherwise. */
export class FakeBus implements Bus {
  readonly state = 'up' as const;
  readonly calls: Message[] = [];
  readonly sent: Message[] = [];
  /** Answers calls; what it throws is the answer, too. */
  onCall: (message: Message) => unknown = () => ({});
  /** Decides whether a send succeeds. */
  onSend: (message: Message) => Promise<void> = () => Promise.resolve();

  async call(address: string, method: string, params: unknown): Promise<unknown> {
    const message = { address, method, params };
    this.calls.push(message);
    return await this.onCall(message);
  }

  async send(address: string, method: string, params: unknown): Promise<void> {
    const message = { address, method, params };
    await this.onSend(message);
    this.sent.push(message);
  }

  probe = () => Promise.resolve(true);
  serve = () => Promise.resolve(nothing);
  publish = () => Promise.resolve();
  subscribe = () => Promise.resolve(nothing);
  onState = () => () => undefined;
  close = () => Promise.resolve();
  claim = () => Promise.reject(new PorticoError('taken', 'not part of this fake'));
}

export const member = (role: Role, name: string): MemberId => MemberId.parse(`${role}-${name}`);
export const roomId = RoomId.parse('room');
const config = Config.parse({ cluster: { probe_ms: 60_000, orphan_ms: 60_000 } });

/** A room that nobody serves, with its own bus. */
export class RoomUnderTest {
  readonly bus = new FakeBus();
  readonly usedTokens = new UsedTokens();
  readonly metrics = conferenceMetrics(new Registry());
  readonly membership: Membership;
  readonly room: Room;
  readonly #prober: Prober;

  static async create(): Promise<RoomUnderTest> {
    const bus = new FakeBus();
    const common = { role: 'conference' as const, log: silentLogger, missedHeartbeats: 3 };
    return new RoomUnderTest(await Membership.create({ bus, ...common, heartbeatMs: 4 }));
  }

  constructor(membership: Membership) {
    const { bus } = this;
    this.membership = membership;
    this.#prober = new Prober(bus, config.cluster.probe_ms);
    const owner = { epoch: 1, id: membership.id };
    const api = new ApiMembers({ bus, membership });
    this.room = new Room({
      id: roomId,
      owner,
      seq: 0,
      roomConfig: config.rooms.default,
      config,
      bus,
      membership,
      prober: this.#prober,
      census: new Census(roomId, new Inventories(bus, membership, silentLogger)),
      usedTokens: this.usedTokens,
      revocations: new Revocations(),
      events: new RoomEvents({ room: roomId, owner, api, log: silentLogger }),
      metrics: this.metrics,
      log: silentLogger,
      remember: () => undefined,
      onEmpty: () => undefined,
      onIdle: () => undefined,
      onStale: () => undefined,
    });
  }

  stop(): void {
    this.room.stop();
    this.#prober.close();
  }
}
