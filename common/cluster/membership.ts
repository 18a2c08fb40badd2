import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Bus, Service } from '../bus/bus.ts';
import { Heartbeat, heartbeatTopic, type Role } from '../contract/cluster.ts';
import { MemberId } from '../contract/ids.ts';
import { pause } from '../lifecycle/wait.ts';
import type { Logger } from '../observe/log.ts';

/** A process of the cluster as its last heartbeat described it. */
export interface Member {
  readonly id: MemberId;
  readonly role: Role;
  readonly startedAt: number;
  readonly load: number;
  readonly draining: boolean;
  readonly url?: string;
}

interface Known {
  member: Member;
  /** When the last heartbeat arrived, ms (monotonic). */
  seenAt: number;
}

/**
 * `bye`: it said goodbye. `silent`: its heartbeats stopped. `gone`: somebody found its address unserved; it joins again
 * with its next heartbeat when only its connection broke for a moment.
 */
export type Departure = 'bye' | 'silent' | 'gone';

interface MembershipEvents {
  joined: [Member];
  changed: [Member];
  left: [Member, Departure];
}

export interface MembershipOptions {
  bus: Bus;
  role: Role;
  log: Logger;
  heartbeatMs: number;
  missedHeartbeats: number;
  /** 0 idle .. 1 full. */
  load?: () => number;
  url?: string;
}

/** Who is in the cluster: announces this process and remembers the others. */
export class Membership extends EventEmitter<MembershipEvents> {
  readonly id: MemberId;
  readonly role: Role;
  readonly #options: MembershipOptions;
  readonly #startedAt = Date.now();
  readonly #known = new Map<MemberId, Known>();
  #subscription: Service | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the silence of others was last looked at, ms (monotonic). */
  #lookedAt = performance.now();
  #draining = false;

  /** Random and never used again, so that a restarted process is another member. */
  static newId(role: Role): MemberId {
    return MemberId.parse(`${role}-${randomBytes(6).toString('hex')}`);
  }

  private constructor(options: MembershipOptions) {
    super();
    this.#options = options;
    this.role = options.role;
    this.id = Membership.newId(options.role);
    this.setMaxListeners(0);
  }

  /** Learns who is there (one round of announcements), without announcing this process yet. */
  static async create(options: MembershipOptions): Promise<Membership> {
    const membership = new Membership(options);
    await membership.#listen();
    return membership;
  }

  /** Announces this process: from now on it gets work. */
  async announce(): Promise<void> {
    this.#lookedAt = performance.now();
    this.#timer = setInterval(() => {
      this.#look();
      void this.#beat();
    }, this.#options.heartbeatMs);
    await this.#beat();
  }

  /** Other members, of one role or all. */
  members(role?: Role): Member[] {
    const all = [...this.#known.values()].map(({ member }) => member);
    return role === undefined ? all : all.filter((member) => member.role === role);
  }

  get(id: MemberId): Member | undefined {
    return this.#known.get(id)?.member;
  }

  /** Somebody saw that the address of a member is no longer served. */
  reportGone(id: MemberId): void {
    this.#remove(id, 'gone');
  }

  /** From now on this process gets no new work. */
  async drain(): Promise<void> {
    this.#draining = true;
    await this.#beat();
  }

  /** Says goodbye. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#subscription?.close();
    await this.#beat({ bye: true });
  }

  async #listen(): Promise<void> {
    this.#subscription = await this.#options.bus.subscribe(heartbeatTopic, (event) => {
      this.#receive(event);
    });
    // Everybody answers a hello at once, so a fraction of a heartbeat is enough to know all who are well.
    await this.#publish({ hello: true, draining: true });
    await pause(Math.min(250, this.#options.heartbeatMs / 4));
  }

  #receive(event: unknown): void {
    const parsed = Heartbeat.safeParse(event);
    if (!parsed.success) {
      this.#options.log.warn({ issue: parsed.error.issues[0] }, 'heartbeat ignored: malformed');
      return;
    }
    const { hello, bye, member: id, ...rest } = parsed.data;
    if (id === this.id) return;
    if (bye === true) {
      this.#remove(id, 'bye');
      return;
    }
    if (hello === true) {
      if (this.#timer !== undefined) void this.#beat();
      return;
    }
    const { url, ...facts } = rest;
    this.#note(url === undefined ? { id, ...facts } : { id, ...facts, url });
  }

  #note(member: Member): void {
    const known = this.#known.get(member.id);
    this.#known.set(member.id, { member, seenAt: performance.now() });
    if (known === undefined) {
      this.#options.log.info({ peer: member.id }, 'member joined');
      this.emit('joined', member);
    } else {
      this.emit('changed', member);
    }
  }

  #remove(id: MemberId, why: Departure): void {
    const known = this.#known.get(id);
    if (known === undefined) return;
    this.#known.delete(id);
    // A goodbye is nothing to worry about.
    this.#options.log[why === 'bye' ? 'info' : 'warn']({ peer: id, why }, 'member left');
    this.emit('left', known.member, why);
  }

  /** Removes those who are silent. Time during which this process did not listen is nobody's silence. */
  #look(): void {
    const { bus, heartbeatMs, missedHeartbeats } = this.#options;
    const now = performance.now();
    const elapsed = now - this.#lookedAt;
    this.#lookedAt = now;
    if (bus.state !== 'up' || elapsed > 2 * heartbeatMs) {
      // Disconnected, or this process hung: what was sent to it meanwhile is read after this.
      for (const known of this.#known.values()) known.seenAt += elapsed;
      return;
    }
    const limit = now - heartbeatMs * (missedHeartbeats + 0.5);
    for (const [id, { seenAt }] of this.#known) if (seenAt < limit) this.#remove(id, 'silent');
  }

  async #beat(extra: Partial<Heartbeat> = {}): Promise<void> {
    await this.#publish(extra);
  }

  async #publish(extra: Partial<Heartbeat>): Promise<void> {
    const { bus, role, load, url, log } = this.#options;
    const heartbeat: Heartbeat = {
      member: this.id,
      role,
      startedAt: this.#startedAt,
      load: load?.() ?? 0,
      draining: this.#draining,
      ...(url === undefined ? {} : { url }),
      ...extra,
    };
    try {
      await bus.publish(heartbeatTopic, heartbeat);
    } catch (error) {
      log.debug({ err: error }, 'heartbeat not sent');
    }
  }
}
