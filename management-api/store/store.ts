import type { NumberedEvent, Revocation, RoomEvent } from '../../common/contract/management.ts';
import type { Owner } from '../../common/contract/cluster.ts';
import type { RoomId, TokenId } from '../../common/contract/ids.ts';
import type { RoomSettings } from '../../common/contract/room-settings.ts';

/** Whose applications use the server: it owns rooms and signs their tokens (OWT 7). */
export interface Service {
  /** Also the `kid` of its tokens. */
  readonly id: string;
  readonly name: string;
  /** Secret, decrypted. */
  readonly key: string;
  /** ms since 1970. */
  readonly createdAt: number;
}

export interface StoredRoomRow {
  readonly id: RoomId;
  readonly service: string;
  readonly settings: RoomSettings;
  /** 1, and one more with each change. */
  readonly version: number;
  readonly createdAt: number;
  readonly changedAt: number;
}

export type TokenState = 'issued' | 'used' | 'revoked' | 'expired';

export interface TokenRow {
  readonly id: TokenId;
  readonly service: string;
  readonly room: RoomId;
  readonly user: string;
  readonly role: string;
  /** ms since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly usedAt?: number;
  readonly participant?: string;
  readonly revokedAt?: number;
}

export interface AuditEntry {
  readonly id: number;
  readonly at: number;
  /** Who: service id, and the user it acted for, if it said so. */
  readonly service: string;
  readonly user?: string;
  /** What: the name of the operation, e.g. `room.update`. */
  readonly action: string;
  readonly room?: string;
  /** Of what: id of the participant, stream, token. */
  readonly target?: string;
  readonly detail?: unknown;
}

export interface Webhook {
  readonly id: string;
  readonly service: string;
  readonly url: string;
  /** Types of events; empty: all. */
  readonly events: readonly RoomEvent['type'][];
  readonly enabled: boolean;
  readonly createdAt: number;
}

export type DeliveryState = 'waiting' | 'delivered' | 'dead';

/** One event on its way to one webhook. */
export interface Delivery {
  /** Also the event's order within its room and webhook. */
  readonly id: number;
  readonly webhook: string;
  readonly service: string;
  readonly room: RoomId;
  /** Body as it is sent. */
  readonly body: string;
  readonly type: RoomEvent['type'];
  readonly createdAt: number;
  readonly attempts: number;
  /** Not before this, ms. */
  readonly nextAt: number;
  readonly state: DeliveryState;
  readonly lastError?: string;
  readonly deliveredAt?: number;
}

/** A part of a list; `next` continues it, absent at its end. */
export interface Page<T> {
  readonly items: T[];
  readonly next?: string;
}

export interface PageRequest {
  /** 1..1000. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string;
}

export interface Services {
  list(): Promise<Service[]>;
  get(id: string): Promise<Service | undefined>;
  /** @throws PorticoError `service_exists` */
  create(service: { id: string; name: string; key: string }): Promise<Service>;
  /** Another key from now on. @returns undefined: no such service */
  setKey(id: string, key: string): Promise<Service | undefined>;
  /** Takes its rooms, webhooks and tokens along. @returns ids of its rooms; undefined: no such service */
  delete(id: string): Promise<RoomId[] | undefined>;
}

export interface Rooms {
  /** Sorted by id; all services when none is named. `after` is the id of the last one of the page before. */
  list(service: string | undefined, page: PageRequest): Promise<Page<StoredRoomRow>>;
  /** OWT's way: page 1 is the first. */
  listNumbered(service: string, page: number, perPage: number): Promise<StoredRoomRow[]>;
  count(service?: string): Promise<number>;
  get(id: RoomId): Promise<StoredRoomRow | undefined>;
  /** @throws PorticoError `room_exists` */
  create(room: { id: RoomId; service: string; settings: RoomSettings }): Promise<StoredRoomRow>;
  /**
   * Changes the settings in one transaction.
   * @param version only this version (`If-Match`)
   * @returns undefined: no such room of this service
   * @throws PorticoError `changed_meanwhile`, and whatever `change` throws (nothing is changed then)
   */
  update(
    id: RoomId,
    service: string,
    change: (settings: RoomSettings) => RoomSettings,
    version?: number,
  ): Promise<StoredRoomRow | undefined>;
  /** @throws PorticoError `changed_meanwhile` */
  delete(id: RoomId, service: string, version?: number): Promise<boolean>;
}

export interface TokenFilter {
  readonly service: string;
  readonly room?: RoomId;
  readonly user?: string;
  readonly state?: TokenState;
}

export interface Tokens {
  /** Fast: several that are issued at the same time share one transaction. Resolves when they are on disk. */
  add(token: TokenRow): Promise<void>;
  get(id: TokenId, service: string): Promise<TokenRow | undefined>;
  /** Newest first. */
  list(filter: TokenFilter, page: PageRequest, now: number): Promise<Page<TokenRow>>;
  /** Also one that was minted elsewhere and is not known here: then nothing is noted. */
  markUsed(id: TokenId, at: number, participant: string): Promise<void>;
}

export interface Revocations {
  /** Notes it, and `revokedAt` of the tokens it concerns. */
  add(revocation: Revocation): Promise<void>;
  /** Those that concern a room (by itself, by one of its tokens, or users everywhere) and are not over. */
  of(room: RoomId, now: number): Promise<Revocation[]>;
  list(service: string, now: number): Promise<Revocation[]>;
}

export interface Audit {
  add(entry: Omit<AuditEntry, 'id'>): Promise<void>;
  /** Newest first. */
  list(filter: { service?: string; room?: string }, page: PageRequest): Promise<Page<AuditEntry>>;
}

export interface Idempotency {
  /**
   * Takes a key, or returns what was answered under it.
   * @param fingerprint of the request: the key means this one only
   * @returns `new`: go on, then `finish` or `abandon` · `running`: the first request has not ended · `done`
   * @throws PorticoError `idempotency_conflict` when the key was used for another request
   */
  begin(
    service: string,
    key: string,
    fingerprint: string,
    now: number,
  ): Promise<{ state: 'new' | 'running' } | { state: 'done'; status: number; body: string; type: string }>;
  finish(service: string, key: string, answer: { status: number; body: string; type: string }): Promise<void>;
  abandon(service: string, key: string): Promise<void>;
}

export interface Nonces {
  /** Takes a signature; false when it was seen before. Forgotten after `until`, ms. */
  take(digest: string, until: number): Promise<boolean>;
}

export interface Webhooks {
  list(service: string): Promise<Webhook[]>;
  get(id: string, service: string): Promise<Webhook | undefined>;
  create(webhook: Omit<Webhook, 'createdAt'>): Promise<Webhook>;
  update(
    id: string,
    service: string,
    change: Partial<Pick<Webhook, 'url' | 'events' | 'enabled'>>,
  ): Promise<Webhook | undefined>;
  delete(id: string, service: string): Promise<boolean>;
}

export interface Deliveries {
  /**
   * Takes the order to deliver what is due: the oldest waiting delivery of each (webhook, room), never two of one pair at
   * a time, whichever process asks. Held until `until`, then free again.
   * @param except webhooks that have enough on their way
   */
  lease(lease: { now: number; until: number; limit: number; except: readonly string[] }): Promise<Delivery[]>;
  delivered(id: number, at: number): Promise<void>;
  /** Tried in vain: again at `nextAt`; absent: it is dead and those after it go on. */
  failed(id: number, error: string, nextAt?: number): Promise<void>;
  /** When the next one can be leased, ms (one that is leased now: when the lease ends); undefined: nothing waits. */
  nextDue(): Promise<number | undefined>;
  /** How many wait, those on their way included; for metrics. */
  waiting(): Promise<number>;
  /** Newest first. */
  list(
    filter: { service: string; state?: DeliveryState; webhook?: string },
    page: PageRequest,
  ): Promise<Page<Delivery>>;
  /** A dead one is tried again, after those that wait. */
  retry(id: number, service: string, now: number): Promise<boolean>;
}

/** Who is in a room as far as applications were told, to tell what an owner that died did not. */
export interface Presence {
  /** `room_started` was told, and no `room_ended` since. */
  running: boolean;
  participants: ReadonlyMap<string, Extract<RoomEvent, { type: 'participant_joined' }>['participant']>;
  streams: ReadonlyMap<string, Extract<RoomEvent, { type: 'stream_added' }>['stream']>;
}

export interface EventLog {
  /**
   * Notes events of a room once, in one transaction: what this owner reported before is skipped (by `seq`), those of an
   * older owner than one already heard are ignored. Each becomes a delivery for each enabled webhook of the service that
   * wants its type, with `bodyOf` as body.
   * @param events also those that `missing` made from the difference of the picture and what was told
   * @returns the events that were new
   */
  report(report: {
    room: RoomId;
    /** Whose webhooks hear of it; absent: whose room it was in the report before (it was deleted since), else `orElse`. */
    service: string | undefined;
    /** For rooms that belong to nobody. */
    orElse: string | undefined;
    owner: Owner;
    events: readonly NumberedEvent[];
    /** What `missing` makes stands for the events up to this one. */
    upTo?: number | undefined;
    /**
     * Called with what was told so far and those of `events` that are new; returns what to tell before them. Called
     * again when another report comes in between. Not called when this owner is known and nothing of the report is new.
     * Left out: nothing is missing, and what was told need not be read.
     */
    missing?: ((told: Presence, fresh: readonly RoomEvent[]) => RoomEvent[]) | undefined;
    /** @param id of the event, the same for all webhooks */
    bodyOf: (told: { event: RoomEvent; at: number; id: string; service: string }) => string;
    now: number;
  }): Promise<RoomEvent[]>;

  /** Makes an event that no owner of a room reports a delivery for each enabled webhook that wants it. */
  tell(told: {
    room: RoomId;
    /** As in `report`. */
    service: string | undefined;
    orElse: string | undefined;
    type: RoomEvent['type'];
    bodyOf: (service: string) => string;
    now: number;
  }): Promise<void>;
}

/** Everything that outlives processes. SQLite and PostgreSQL behave alike; the same tests run on both. */
export interface Store {
  readonly services: Services;
  readonly rooms: Rooms;
  readonly tokens: Tokens;
  readonly revocations: Revocations;
  readonly audit: Audit;
  readonly idempotency: Idempotency;
  readonly nonces: Nonces;
  readonly webhooks: Webhooks;
  readonly deliveries: Deliveries;
  readonly events: EventLog;
  /** Whether it answers; for `/readyz`. */
  ping(): Promise<void>;
  /** Forgets what is over since `before` (ms): tokens, nonces, audit entries, idempotency keys, deliveries. */
  purge(before: number, now: number): Promise<void>;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** `postgres://...`, or the path of an SQLite file. */
  url: string;
  /** What keys of services are sealed with. */
  secret: string;
  pool: number;
}
