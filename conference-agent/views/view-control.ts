import type { ClientInput, ClientOutput } from '../../common/contract/client.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { StreamId } from '../../common/contract/ids.ts';
import type { LayoutChange } from '../../common/contract/layout.ts';
import type { MixedStreamInfo } from '../../common/contract/media.ts';
import { checkLayout } from '../../common/layout/check.ts';
import type { ViewLayout } from '../../common/layout/view-layout.ts';
import type { Participant } from '../participant.ts';
import { requireModerator } from '../permissions.ts';
import type { RoomState } from '../room-state.ts';
import type { Stream } from '../stream.ts';
import type { Inputs } from './inputs.ts';
import type { LiveView, Views } from './views.ts';

/** Of `stream-control`, what concerns views. */
export type ViewRequest = Exclude<
  ClientInput<'stream-control'>,
  Extract<ClientInput<'stream-control'>, { operation: 'pause' | 'play' }>
>;

export interface ViewControlParts {
  state: RoomState;
  views: Views;
  inputs: Inputs;
}

/** What participants and management ask of views. */
export class ViewControl {
  readonly #parts: ViewControlParts;

  constructor(parts: ViewControlParts) {
    this.#parts = parts;
  }

  /**
   * A participant mixes its own stream, or as a moderator anybody's, and says what is shown where.
   * @throws PorticoError `stream_not_found`, `not_found` (the view), `forbidden`, `bad_request`
   */
  control(participant: Participant, request: ViewRequest): ClientOutput<'stream-control'> {
    if (request.operation === 'set-layout') {
      const live = this.#viewOf(request.id);
      requireModerator(participant.permission, 'change what is shown where');
      this.#change(live, request.data, 'data.');
      return {};
    }
    const { views, inputs } = this.#parts;
    const stream = this.#controllable(participant, request.id);
    if (request.operation === 'set-region') {
      this.#setRegion(stream, views.get(request.data.view, 'data.view'), request.data.region);
      return {};
    }
    const live = views.get(request.data, 'data');
    if (request.operation === 'get-region') {
      const region = live.view.regionOf(stream.id);
      return region === undefined ? {} : { region };
    }
    if (request.operation === 'mix') inputs.mix(stream, live);
    else inputs.unmix(stream, live);
    return {};
  }

  /** The same for management. */
  mix({ id, view, operation }: { id: StreamId; view: string; operation: 'mix' | 'unmix' }): Stream {
    const { state, views, inputs } = this.#parts;
    const stream = state.streams.get(id);
    if (stream?.announced !== true) throw state.noStream(id);
    inputs[operation](stream, views.get(view, 'view'));
    return stream;
  }

  /** Management changes what a mixed stream shows where. */
  layout(id: StreamId, change: LayoutChange): MixedStreamInfo {
    const live = this.#viewOf(id);
    this.#change(live, change, 'change.');
    return live.view.toInfo();
  }

  #setRegion(stream: Stream, live: LiveView, region: string): void {
    const { view } = live;
    const layout = view.requireLayout();
    if (!layout.has(stream.id)) {
      throw new PorticoError(
        'bad_request',
        `stream '${stream.id}' has no picture in the view '${view.label}'; mix it first`,
        { field: 'id' },
      );
    }
    if (inField('data.', () => layout.swap(stream.id, region))) this.#changed(live);
  }

  #change(live: LiveView, change: LayoutChange, path: string): void {
    const { view, active } = live;
    const layout = view.requireLayout();
    if ('keepActiveInputPrimary' in change) {
      if (view.followsSpeaker === change.keepActiveInputPrimary) return;
      view.followsSpeaker = change.keepActiveInputPrimary;
      this.#changed(live);
      active.follow();
      return;
    }
    if (inField(path, () => changeLayout(layout, change))) this.#changed(live);
  }

  #changed(live: LiveView): void {
    live.view.touched = true;
    this.#parts.views.changed(live);
  }

  /** @throws PorticoError `stream_not_found`; `bad_request` for a forward stream */
  #viewOf(id: StreamId): LiveView {
    const { state, views } = this.#parts;
    for (const live of views) if (live.view.stream === id) return live;
    if (!state.streams.has(id)) throw state.noStream(id);
    throw new PorticoError('bad_request', `stream '${id}' is not a mixed one: it has no layout`, {
      field: 'id',
    });
  }

  /** @throws PorticoError `stream_not_found`, `forbidden`; `bad_request` for a mixed stream */
  #controllable(participant: Participant, id: StreamId): Stream {
    const { state } = this.#parts;
    const stream = state.streams.get(id);
    if (stream?.owner === participant.id) return stream;
    if (stream?.announced !== true) throw state.noStream(id);
    requireModerator(participant.permission, 'control streams of others');
    return stream;
  }
}

/** Returns whether anything has changed. */
function changeLayout(
  layout: ViewLayout,
  change: Exclude<LayoutChange, { keepActiveInputPrimary: boolean }>,
): boolean {
  if ('template' in change) return layout.setTemplate(change.template);
  if ('layout' in change) {
    return layout.setLayout(checkLayout(change.layout, { isMixed: (stream) => layout.has(stream) }));
  }
  if ('primary' in change) return layout.primary(change.primary);
  if ('region' in change) return layout.swap(change.stream, change.region);
  return layout.place(change.stream, change.index);
}

/** Errors name fields relative to where the change stands in the request. */
function inField<T>(path: string, task: () => T): T {
  try {
    return task();
  } catch (error) {
    const { code, message, details } = PorticoError.from(error);
    if (details.field === undefined) throw error;
    throw new PorticoError(code, message, { ...details, field: `${path}${details.field}` });
  }
}
