import { createHash } from 'node:crypto';
import type { ClientInput, RecordingInfo } from '../../common/contract/client.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import { EgressId } from '../../common/contract/ids.ts';
import type { EgressId as EgressIdType, StreamId } from '../../common/contract/ids.ts';
import type { EgressMedia } from '../../common/contract/management.ts';
import type { Participant } from '../participant.ts';
import { requireModerator } from '../permissions.ts';
import type { RoomState } from '../room-state.ts';
import { noEgress } from './egress-order.ts';
import type { Egress } from './egress.ts';
import type { Egresses } from './egresses.ts';

/** What participants do with recordings. */
export class Recordings {
  readonly #state: RoomState;
  readonly #egresses: Egresses;

  constructor(state: RoomState, egresses: Egresses) {
    this.#state = state;
    this.#egresses = egresses;
  }

  /**
   * A moderator has a stream, or the first view, recorded.
   * @throws PorticoError `forbidden`, `stream_not_found`; `not_found` in a room without views; of `Egresses.start`
   */
  async start(
    participant: Participant,
    { stream, container = 'auto', requestId }: ClientInput<'start-recording'>,
  ): Promise<RecordingInfo> {
    requireModerator(participant.permission, 'record');
    const from = stream ?? this.#firstView();
    const { id: by, user } = participant;
    const egress = await this.#egresses.start({
      id: this.#idOf(participant, requestId),
      target: { type: 'recording', container },
      media: this.#mediaOf(from),
      origin: { by: 'participant', participant: by, user },
      field: 'stream',
    });
    const info = egress.toInfo();
    if (info === undefined) throw noEgress(egress.id);
    return info;
  }

  /**
   * A moderator pauses, resumes or ends a recording.
   * @throws PorticoError `forbidden`, also to end what the room records by itself; `egress_not_found`
   */
  async control(
    participant: Participant,
    { id, operation }: ClientInput<'control-recording'>,
  ): Promise<void> {
    requireModerator(participant.permission, 'control recordings');
    const egress = this.#recording(id);
    if (operation === 'stop') {
      if (egress.order.origin.by === 'room') {
        throw new PorticoError('forbidden', 'the room records itself for as long as somebody is in it', {
          field: 'operation',
        });
      }
      await this.#egresses.finish(id);
      return;
    }
    const status = operation === 'pause' ? 'inactive' : 'active';
    const kinds = (['audio', 'video'] as const).filter((kind) => egress.tracks[kind] !== undefined);
    await this.#egresses.change(
      id,
      kinds.map((kind) => ({ change: 'status', kind, status })),
    );
  }

  #recording(id: EgressIdType): Egress {
    const egress = this.#egresses.get(id);
    if (!egress.isRecording || !egress.begun) throw noEgress(id);
    return egress;
  }

  #firstView(): StreamId {
    const [view] = this.#state.views.values();
    if (view !== undefined) return view.stream;
    throw new PorticoError('not_found', 'the room has no views; name a stream', { field: 'stream' });
  }

  /** All that a stream has. */
  #mediaOf(from: StreamId): EgressMedia {
    const has = this.#state.viewOf(from) ?? this.#state.streams.get(from);
    if (has === undefined) {
      throw new PorticoError('stream_not_found', `stream '${from}' not found in room '${this.#state.id}'`, {
        field: 'stream',
      });
    }
    return {
      ...(has.track('audio') === undefined ? {} : { audio: { from } }),
      ...(has.track('video') === undefined ? {} : { video: { from } }),
    };
  }

  /** The same for the same request, also at another owner; nobody else can guess it. */
  #idOf({ id }: Participant, requestId: string = crypto.randomUUID()): EgressIdType {
    const text = JSON.stringify([this.#state.id, id, requestId]);
    return EgressId.parse(createHash('sha256').update(text).digest('hex').slice(0, 32));
  }
}
