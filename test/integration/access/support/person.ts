import type { types } from 'mediasoup';
import type {
  ParticipantRecord,
  PublicationGrant,
  SubscriptionGrant,
} from '../../../../common/contract/cluster.ts';
import type { Origin } from '../../../../common/contract/origin.ts';
import type { ClientOutput, Direction, MediaAccess } from '../../../../common/contract/client.ts';
import type { MemberId, ProducerId } from '../../../../common/contract/ids.ts';
import {
  ParticipantId,
  RouterId,
  StreamId,
  SubscriptionId,
  TrackId,
  TransportId,
} from '../../../../common/contract/ids.ts';
import type { Format, Kind } from '../../../../common/contract/media.ts';
import type { SessionEndReason } from '../../../../common/contract/reasons.ts';
import { dtlsParameters, rtpParameters } from './rtp.ts';
import { until, type Stage } from './stage.ts';

export interface PublishOptions {
  stream?: string;
  kinds?: Kind[];
  rtp?: (kind: Kind) => types.RtpParameters;
}

/** A participant on one agent, doing what its portal and the owner of the room would do for it. */
export class Person {
  readonly id: ParticipantId;
  readonly #stage: Stage;
  readonly #agent: number;
  access: MediaAccess | undefined;

  constructor(stage: Stage, name: string, agent = 0) {
    this.#stage = stage;
    this.#agent = agent;
    this.id = ParticipantId.parse(name);
  }

  get agent(): MemberId {
    return this.#stage.actor(this.#agent).id;
  }

  /** Room and owner, as every call of the owner begins. */
  get ofOwner() {
    return { room: this.#stage.room, owner: this.#stage.owner.owner };
  }

  /** Room, participant and portal, as every call of the portal begins. */
  get stamp() {
    return { room: this.#stage.room, participant: this.id, portal: this.#stage.portal.id };
  }

  async open(
    transports: Direction[] = ['send', 'recv'],
    more: { record?: ParticipantRecord; portal?: MemberId; formats?: Format[] } = {},
  ): Promise<MediaAccess> {
    const access = await this.#stage.call(this.agent, 'participant.open', {
      ...this.ofOwner,
      participant: this.id,
      portal: this.#stage.portal.id,
      transports,
      ...more,
    });
    this.access = { ...access, transports: { ...this.access?.transports, ...access.transports } };
    return access;
  }

  async leave(reason: SessionEndReason = 'participant_left'): Promise<void> {
    await this.#stage.call(this.agent, 'participant.close', {
      ...this.ofOwner,
      participant: this.id,
      reason,
    });
  }

  transport(direction: Direction): TransportId {
    return TransportId.parse(this.access?.transports[direction]?.id ?? 'none');
  }

  async connect(direction: Direction, parameters = dtlsParameters): Promise<void> {
    await this.#stage.call(this.agent, 'connectTransport', {
      ...this.stamp,
      request: { transportId: this.transport(direction), dtlsParameters: parameters },
    });
  }

  async renewIce(
    direction: Direction,
  ): Promise<{ iceParameters: ClientOutput<'restartIce'>['iceParameters'] }> {
    const request = { transportId: this.transport(direction) };
    return await this.#stage.call(this.agent, 'restartIce', { ...this.stamp, request });
  }

  /** Ids of a stream of this participant. */
  names(stream = `${this.id}-cam`): { stream: StreamId; track: (kind: Kind) => TrackId } {
    return {
      stream: StreamId.parse(stream),
      track: (kind) => TrackId.parse(`${stream}-${kind === 'audio' ? 0 : 1}`),
    };
  }

  publicationGrant(kinds: Kind[] = ['audio', 'video'], stream?: string): PublicationGrant {
    const names = this.names(stream);
    return {
      id: names.stream,
      participant: this.id,
      attributes: {},
      tracks: kinds.map((type) => ({ id: names.track(type), type, paused: false })),
    };
  }

  async grantPublication(grant: PublicationGrant): Promise<string> {
    const answer = await this.#stage.call(this.agent, 'publication.open', { ...this.ofOwner, grant });
    return answer.transportId;
  }

  async produce(
    kind: Kind,
    options: PublishOptions & { track?: TrackId; paused?: boolean } = {},
  ): Promise<ProducerId> {
    const names = this.names(options.stream);
    const answer = await this.#stage.call(this.agent, 'produce', {
      ...this.stamp,
      request: {
        id: names.stream,
        track: options.track ?? names.track(kind),
        transportId: this.transport('send'),
        kind,
        rtpParameters: (options.rtp ?? rtpParameters)(kind),
        ...(options.paused === undefined ? {} : { paused: options.paused }),
      },
    });
    return answer.id;
  }

  /** Grants and produces; resolves with the origins once the owner has heard of them. */
  async publish({ kinds = ['audio', 'video'], ...options }: PublishOptions = {}): Promise<Map<Kind, Origin>> {
    await this.grantPublication(this.publicationGrant(kinds, options.stream));
    const origins = new Map<Kind, Origin>();
    for (const kind of kinds) {
      const producer = await this.produce(kind, options);
      origins.set(kind, await this.origin(producer));
    }
    return origins;
  }

  /** Where a producer is, as the owner heard it. */
  async origin(producer: ProducerId): Promise<Origin> {
    const { owner } = this.#stage;
    const { agent, track } = await until('the track was reported', owner, () =>
      owner.all('trackAdded').find((report) => report.track.producer === producer),
    );
    return { agent, producer, router: RouterId.parse(track.router) };
  }

  /** Grants a subscription to everything another participant publishes. */
  async subscribe(
    from: Person,
    origins: Map<Kind, Origin>,
    { id = `${this.id}-from-${from.id}`, stream, ...more }: SubscribeOptions = {},
  ): Promise<SubscriptionGrant> {
    const names = from.names(stream);
    const grant: SubscriptionGrant = {
      id: SubscriptionId.parse(id),
      participant: this.id,
      tracks: [...origins].map(([type, origin]) => ({
        id: names.track(type),
        stream: names.stream,
        type,
        paused: false,
        origin,
        ...more,
      })),
    };
    await this.#stage.call(this.agent, 'subscription.open', { ...this.ofOwner, grant });
    return grant;
  }

  async consume(
    grant: SubscriptionGrant,
    kind: Kind,
    rtpCapabilities = this.access?.rtpCapabilities ?? {},
  ): Promise<ClientOutput<'consume'>> {
    const track = grant.tracks.find(({ type }) => type === kind)?.id ?? TrackId.parse('none');
    return await this.#stage.call(this.agent, 'consume', {
      ...this.stamp,
      request: { id: grant.id, track, transportId: this.transport('recv'), rtpCapabilities },
    });
  }

  async resume(grant: SubscriptionGrant): Promise<void> {
    await this.#stage.call(this.agent, 'resume', { ...this.stamp, request: { id: grant.id } });
  }

  /** Subscribes to and receives all that another participant publishes. */
  async watch(
    from: Person,
    origins: Map<Kind, Origin>,
    options: SubscribeOptions = {},
  ): Promise<SubscriptionGrant> {
    const grant = await this.subscribe(from, origins, options);
    for (const kind of origins.keys()) await this.consume(grant, kind);
    await this.resume(grant);
    return grant;
  }
}

export type SubscribeOptions = { id?: string; stream?: string } & Partial<
  Pick<SubscriptionGrant['tracks'][number], 'parameters' | 'source' | 'paused'>
>;
