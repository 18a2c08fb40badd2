import type { ClientInput } from '../common/contract/client.ts';
import type { SubscribedTrack, SubscriptionGrant } from '../common/contract/cluster.ts';
import { PorticoError } from '../common/contract/errors.ts';
import type { VideoParameters } from '../common/contract/media.ts';
import type { Participant } from './participant.ts';
import type { RoomCore } from './room-core.ts';
import { kindsOf } from './stream-control.ts';
import { isSameOutput, outputFor } from './views/variants.ts';

type Request = ClientInput<'subscription-control'>;
type UpdateData = Extract<Request, { operation: 'update' }>['data'];

/** What participants do to their subscriptions besides having them: pausing, and asking for other sizes. */
export class SubscriptionControl {
  readonly #core: RoomCore;

  constructor(core: RoomCore) {
    this.#core = core;
  }

  async control(participant: Participant, request: Request): Promise<void> {
    await participant.queue.run(async () => {
      const { grant, agent } = this.#core.state.subscriptionOf(participant.id, request.id);
      if (request.operation !== 'update') {
        const operation = { type: request.operation, data: request.data };
        await this.#core.agents.call(agent, 'subscription.control', { id: grant.id, operation });
        const kinds = kindsOf(request.data);
        for (const track of grant.tracks) {
          if (kinds.includes(track.type)) track.paused = operation.type === 'pause';
        }
        return;
      }
      const parameters = this.#parametersOf(grant, request.data);
      if (parameters === undefined) return;
      const operation = { type: 'update' as const, parameters };
      await this.#core.agents.call(agent, 'subscription.control', { id: grant.id, operation });
      for (const track of grant.tracks) if (track.type === 'video') track.parameters = parameters;
    });
  }

  /** The new parameters, when the request stays with the same sources; undefined: nothing changes. */
  #parametersOf(grant: SubscriptionGrant, data: UpdateData): SubscribedTrack['parameters'] {
    for (const kind of ['audio', 'video'] as const) {
      const from = data[kind]?.from;
      const track = grant.tracks.find(({ type }) => type === kind);
      if (data[kind] !== undefined && track === undefined) {
        throw new PorticoError('track_not_found', `subscription '${grant.id}' has no ${kind} track`, {
          field: `data.${kind}`,
        });
      }
      if (from !== undefined && from !== track?.stream && from !== track?.id) {
        throw new PorticoError(
          'not_supported',
          'a subscription keeps its source; subscribe to the other one instead',
          {
            field: `data.${kind}.from`,
          },
        );
      }
    }
    const parameters = data.video?.parameters;
    const track = grant.tracks.find(({ type }) => type === 'video');
    if (parameters === undefined || track === undefined) return parameters;
    return this.#isMixed(track, parameters) ? undefined : parameters;
  }

  /**
   * Whether it is a mixed track, which delivers these parameters already.
   * @throws PorticoError `not_supported`: a mix is encoded anew for other ones, and that is another source
   */
  #isMixed({ stream, source }: SubscribedTrack, asked: VideoParameters): boolean {
    const view = this.#core.state.viewOf(stream);
    if (view?.video === undefined) return false;
    const field = 'data.video.parameters';
    if (isSameOutput(outputFor(view.video, { variants: view.variants, asked, field }), source)) return true;
    throw new PorticoError(
      'not_supported',
      'a subscription to a mixed stream keeps its parameters; subscribe again with the others instead',
      { field },
    );
  }
}
