import type { Bus } from '../../common/bus/bus.ts';
import { Caller } from '../../common/bus/contract.ts';
import type { Member, Membership } from '../../common/cluster/membership.ts';
import { accessContract } from '../../common/contract/access.ts';
import { memberAddress, type EgressId, type MemberId, type RoomId } from '../../common/contract/ids.ts';
import {
  agentAdminContract,
  managedOf,
  type AgentAdminContract,
  type ManagedEgress,
  type RoomMeasures,
  type RoomSummary,
} from '../../common/contract/management.ts';
import {
  mixerContract,
  type FinishedRecording,
  type MixMeasure,
  type UnfinishedRecording,
} from '../../common/contract/mixing.ts';
import type { Logger } from '../../common/observe/log.ts';

const timeoutMs = 1_500;

export interface ClusterViewOptions {
  bus: Bus;
  membership: Membership;
  log: Logger;
}

/** What the processes of the cluster say about themselves, gathered when asked. */
export class ClusterView {
  readonly #agents: Caller<AgentAdminContract>;
  readonly #access: Caller<Pick<typeof accessContract, 'room.measure'>>;
  readonly #mixers: Caller<
    Pick<typeof mixerContract, 'mix.measure' | 'recordings.list' | 'recordings.unfinished'>
  >;
  readonly #membership: Membership;
  readonly #log: Logger;
  readonly #startedAt = Date.now();

  constructor({ bus, membership, log }: ClusterViewOptions) {
    this.#agents = new Caller(bus, agentAdminContract);
    this.#access = new Caller(bus, { 'room.measure': accessContract['room.measure'] });
    this.#mixers = new Caller(bus, {
      'mix.measure': mixerContract['mix.measure'],
      'recordings.list': mixerContract['recordings.list'],
      'recordings.unfinished': mixerContract['recordings.unfinished'],
    });
    this.#membership = membership;
    this.#log = log;
  }

  /** All processes, this one too. */
  nodes(): Member[] {
    const { id, role } = this.#membership;
    const own: Member = { id, role, startedAt: this.#startedAt, load: 0, draining: false };
    const all = [own, ...this.#membership.members()];
    return all.sort((a, b) => compare(a.role, b.role) || a.startedAt - b.startedAt || compare(a.id, b.id));
  }

  /** Rooms that run, as far as their agents answer. */
  async rooms(): Promise<RoomSummary[]> {
    const agents = this.#membership.members('conference');
    const lists = await Promise.all(agents.map(({ id }) => this.#roomsOf(id)));
    return lists.flat().sort((a, b) => compare(a.room, b.room));
  }

  /** A room that runs; undefined when none of the agents that answer has it. */
  async room(room: RoomId): Promise<RoomSummary | undefined> {
    const found = (await this.rooms()).filter((summary) => summary.room === room);
    // During a takeover two may say that they have it; the later one does.
    return found.sort((a, b) => b.since - a.since)[0];
  }

  /** What these access agents carry of a room, and which of them did not say. */
  async measures(
    room: RoomId,
    agents: readonly MemberId[],
  ): Promise<RoomMeasures & { unanswered: MemberId[] }> {
    const answers = await Promise.all(agents.map(async (id) => [id, await this.#measure(id, room)] as const));
    const unanswered = answers.filter(([, answer]) => answer === undefined).map(([id]) => id);
    const given = answers.flatMap(([, answer]) => answer ?? []);
    return {
      streams: given.flatMap(({ streams }) => streams),
      subscriptions: given.flatMap(({ subscriptions }) => subscriptions),
      unanswered,
    };
  }

  /** How the mixes of a room do at these mixer agents, as far as they answer. */
  async mixes(room: RoomId, agents: readonly MemberId[]): Promise<MixMeasure[]> {
    return (await Promise.all(agents.map((id) => this.#mixesOf(id, room)))).flat();
  }

  /** Recordings of a room that are over, as far as mixer agents have them and answer. */
  async recordings(
    room: RoomId,
    limit: number,
  ): Promise<{ agent: MemberId; recordings: FinishedRecording[] }[]> {
    const agents = this.#membership.members('mixer');
    return await Promise.all(
      agents.map(async ({ id }) => ({ agent: id, recordings: await this.#recordingsOf(id, room, limit) })),
    );
  }

  /** A recording of a room that has no finished files yet, as far as mixer agents have something of it and answer. */
  async unfinished(room: RoomId, id: EgressId): Promise<ManagedEgress | undefined> {
    const agents = this.#membership.members('mixer');
    const answers = await Promise.all(
      agents.map(async ({ id: agent }) => ({ agent, found: await this.#unfinishedAt(agent, room, id) })),
    );
    const found = answers.flatMap(({ agent, found: one }) => (one === undefined ? [] : [{ agent, ...one }]));
    // Agents that share a folder all tell of it: the last part counts, and whoever works on it.
    const [last] = found.sort((a, b) => b.spec.part - a.spec.part || Number(b.held) - Number(a.held));
    return last && managedOf(last.spec, last);
  }

  async #unfinishedAt(agent: MemberId, room: RoomId, id: EgressId): Promise<UnfinishedRecording | undefined> {
    const asked = this.#mixers.call(
      memberAddress(agent),
      'recordings.unfinished',
      { room, id },
      { timeoutMs },
    );
    const answer = await this.#answer(asked, { peer: agent, room }, 'recordings of an agent not known');
    return answer?.recording ?? undefined;
  }

  async #recordingsOf(agent: MemberId, room: RoomId, limit: number): Promise<FinishedRecording[]> {
    const asked = this.#mixers.call(memberAddress(agent), 'recordings.list', { room, limit }, { timeoutMs });
    const answer = await this.#answer(asked, { peer: agent, room }, 'recordings of an agent not known');
    return answer?.recordings ?? [];
  }

  async #mixesOf(agent: MemberId, room: RoomId): Promise<MixMeasure[]> {
    const asked = this.#mixers.call(memberAddress(agent), 'mix.measure', { room }, { timeoutMs });
    return (await this.#answer(asked, { peer: agent, room }, 'measures of mixes not known'))?.mixes ?? [];
  }

  async #roomsOf(agent: MemberId): Promise<RoomSummary[]> {
    const asked = this.#agents.call(memberAddress(agent), 'rooms.list', {}, { timeoutMs });
    return (await this.#answer(asked, { peer: agent }, 'rooms of an agent not known'))?.rooms ?? [];
  }

  async #measure(agent: MemberId, room: RoomId): Promise<RoomMeasures | undefined> {
    const asked = this.#access.call(memberAddress(agent), 'room.measure', { room }, { timeoutMs });
    return await this.#answer(asked, { peer: agent, room }, 'measures of an agent not known');
  }

  /** What an agent answers; undefined, and a line in the log, when it does not. */
  async #answer<T>(
    asked: Promise<T>,
    of: { peer: MemberId; room?: RoomId },
    message: string,
  ): Promise<T | undefined> {
    try {
      return await asked;
    } catch (error) {
      this.#log.warn({ err: error, ...of }, message);
      return undefined;
    }
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
