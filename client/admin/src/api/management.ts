import type { AuditEntry } from '../../../../management-api/schemas/audit.ts';
import type { Node, RunningRoom } from '../../../../management-api/schemas/cluster.ts';
import type { Participant, ParticipantPatch } from '../../../../management-api/schemas/participants.ts';
import type { RevocationCreation, RevocationResult } from '../../../../management-api/schemas/revocations.ts';
import type {
  Room,
  RoomCreation,
  RoomMeasuresAnswer,
  RoomStatus,
  RoomUpdate,
} from '../../../../management-api/schemas/rooms.ts';
import type { Stream11 } from '../../../../management-api/schemas/streams.ts';
import type { View11, ViewPatch } from '../../../../management-api/schemas/views.ts';
import type { IssuedToken, Token, TokenCreation } from '../../../../management-api/schemas/tokens.ts';
import type { ManagedSubscription } from '../../../../common/contract/management.ts';
import type { Kind } from '../../../../common/contract/media.ts';
import type { Http, Query } from './http.ts';
import { Outputs } from './outputs.ts';
import { Webhooks } from './webhooks.ts';

/** A part of a list. */
export interface Part<T> {
  items: T[];
  /** Where it goes on. */
  next?: string;
}

const pathOf = (...segments: string[]): string => segments.map(encodeURIComponent).join('/');

/** The management API, as far as this page uses it. Everything throws Failure. */
export class Management {
  readonly #http: Http;
  readonly webhooks: Webhooks;
  /** What leaves rooms for files and other servers, and what comes from there. */
  readonly outputs: Outputs;

  constructor(http: Http) {
    this.#http = http;
    this.webhooks = new Webhooks(http);
    this.outputs = new Outputs(http);
  }

  nodes(signal?: AbortSignal): Promise<Node[]> {
    return this.#get('v1/cluster/nodes', signal);
  }

  runningRooms(signal?: AbortSignal): Promise<RunningRoom[]> {
    return this.#get('v1/cluster/rooms', signal);
  }

  /** @param service `*`: those of all services (super service only) */
  rooms(
    query: { limit: number; after?: string; service?: string },
    signal?: AbortSignal,
  ): Promise<Part<Room>> {
    return this.#part('v1/rooms', query, signal);
  }

  async room(room: string, signal?: AbortSignal): Promise<{ room: Room; etag: string | undefined }> {
    const { body, etag } = await this.#http.request<Room>('GET', pathOf('v1', 'rooms', room), { signal });
    return { room: body, etag };
  }

  async createRoom(creation: RoomCreation): Promise<Room> {
    return (await this.#http.request<Room>('POST', 'v1/rooms', { body: creation })).body;
  }

  /** @returns whether it is in effect already, or when the room starts next */
  async updateRoom(
    room: string,
    update: RoomUpdate,
    ifMatch: string | undefined,
  ): Promise<string | undefined> {
    const options = { body: update, ifMatch };
    return (await this.#http.request('PUT', pathOf('v1', 'rooms', room), options)).applied;
  }

  async deleteRoom(room: string): Promise<void> {
    await this.#http.request('DELETE', pathOf('v1', 'rooms', room));
  }

  status(room: string, signal?: AbortSignal): Promise<RoomStatus> {
    return this.#get(pathOf('v1', 'rooms', room, 'status'), signal);
  }

  participants(room: string, signal?: AbortSignal): Promise<Participant[]> {
    return this.#get(pathOf('v1', 'rooms', room, 'participants'), signal);
  }

  streams(room: string, signal?: AbortSignal): Promise<Stream11[]> {
    return this.#get(pathOf('v1.1', 'rooms', room, 'streams'), signal);
  }

  views(room: string, signal?: AbortSignal): Promise<View11[]> {
    return this.#get(pathOf('v1.1', 'rooms', room, 'views'), signal);
  }

  async changeView(room: string, view: string, change: ViewPatch): Promise<void> {
    await this.#http.request('PATCH', pathOf('v1.1', 'rooms', room, 'views', view), { body: change });
  }

  /** Puts a stream into a view, or takes it out. */
  async mix(room: string, stream: string, { view, mixed }: { view: string; mixed: boolean }): Promise<void> {
    const body = [{ op: mixed ? 'add' : 'remove', path: '/info/inViews', value: view }];
    await this.#http.request('PATCH', pathOf('v1.1', 'rooms', room, 'streams', stream), { body });
  }

  subscriptions(room: string, signal?: AbortSignal): Promise<ManagedSubscription[]> {
    return this.#get(pathOf('v1', 'rooms', room, 'subscriptions'), signal);
  }

  measures(room: string, signal?: AbortSignal): Promise<RoomMeasuresAnswer> {
    return this.#get(pathOf('v1', 'rooms', room, 'measures'), signal);
  }

  async permit(room: string, participant: string, patch: ParticipantPatch): Promise<void> {
    const path = pathOf('v1', 'rooms', room, 'participants', participant);
    await this.#http.request('PATCH', path, { body: patch });
  }

  async drop(room: string, participant: string): Promise<void> {
    await this.#http.request('DELETE', pathOf('v1', 'rooms', room, 'participants', participant));
  }

  async mute(room: string, stream: string, kind: Kind, muted: boolean): Promise<void> {
    const value = muted ? 'inactive' : 'active';
    const body = [{ op: 'replace', path: `/media/${kind}/status`, value }];
    await this.#http.request('PATCH', pathOf('v1.1', 'rooms', room, 'streams', stream), { body });
  }

  async endStream(room: string, stream: string): Promise<void> {
    await this.#http.request('DELETE', pathOf('v1', 'rooms', room, 'streams', stream));
  }

  tokens(query: Query, signal?: AbortSignal): Promise<Part<Token>> {
    return this.#part('v1/tokens', query, signal);
  }

  async createToken(room: string, creation: TokenCreation): Promise<IssuedToken> {
    const options = { body: creation };
    return (await this.#http.request<IssuedToken>('POST', pathOf('v1', 'rooms', room, 'tokens'), options))
      .body;
  }

  async revokeToken(id: string): Promise<RevocationResult> {
    return (await this.#http.request<RevocationResult>('DELETE', pathOf('v1', 'tokens', id))).body;
  }

  async revoke(revocation: RevocationCreation): Promise<RevocationResult> {
    return (await this.#http.request<RevocationResult>('POST', 'v1/revocations', { body: revocation })).body;
  }

  audit(query: Query, signal?: AbortSignal): Promise<Part<AuditEntry>> {
    return this.#part('v1/audit', query, signal);
  }

  async #get<T>(path: string, signal: AbortSignal | undefined): Promise<T> {
    return (await this.#http.request<T>('GET', path, { signal })).body;
  }

  async #part<T>(path: string, query: Query, signal: AbortSignal | undefined): Promise<Part<T>> {
    const { body, next } = await this.#http.request<T[]>('GET', path, { query, signal });
    return next === undefined ? { items: body } : { items: body, next };
  }
}
