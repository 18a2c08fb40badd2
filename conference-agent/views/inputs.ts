import type { StreamUpdate } from '../../common/contract/client.ts';
import { PorticoError } from '../../common/contract/errors.ts';
import type { RoomCore } from '../room-core.ts';
import type { Stream } from '../stream.ts';
import { mostMixed, type View } from './view.ts';
import type { LiveView, Views } from './views.ts';

/** Tells participants what has changed of a forward stream. */
type TellChange = (stream: Stream, update: StreamUpdate) => void;

/** Which streams are mixed into which views. */
export class Inputs {
  readonly #core: RoomCore;
  readonly #views: Views;
  readonly #tell: TellChange;

  constructor(core: RoomCore, views: Views, tell: TellChange) {
    this.#core = core;
    this.#views = views;
    this.#tell = tell;
  }

  /**
   * Puts a stream into a view; one that is just being published as soon as it is there. Doing so twice changes nothing.
   * @throws PorticoError `resource_exhausted`
   */
  mix(stream: Stream, live: LiveView): void {
    const { view } = live;
    if (stream.inViews.has(view.label)) return;
    if (view.mixed.size >= mostMixed) {
      throw new PorticoError(
        'resource_exhausted',
        `${mostMixed} streams are mixed into the view '${view.label}'`,
      );
    }
    view.touched = true;
    view.unmixed.delete(stream.id);
    stream.inViews.add(view.label);
    if (!stream.announced) return;
    this.#enter(stream, live);
    this.#told(stream);
  }

  /** Takes a stream out of a view. Doing so twice changes nothing. */
  unmix(stream: Stream, live: LiveView): void {
    const { view } = live;
    view.touched = true;
    const was = stream.inViews.delete(view.label);
    const left = view.remove(stream.id);
    view.unmixed.add(stream.id);
    if (left) this.#views.changed(live);
    if (was) this.#told(stream);
  }

  /** It was found after a takeover, or is published by somebody whose stream was mixed in before it. */
  inserted(stream: Stream): void {
    for (const { view } of this.#views) if (view.mixed.has(stream.id)) stream.inViews.add(view.label);
    this.changed(stream);
  }

  /** A stream is there for everybody: it enters what it is to be mixed into. */
  activated(stream: Stream): void {
    for (const live of this.#views) {
      const { view } = live;
      if (this.#enters(stream, view)) stream.inViews.add(view.label);
      if (stream.inViews.has(view.label) && view.mixed.size < mostMixed) this.#enter(stream, live);
    }
  }

  /** Streams that are there enter views by themselves, where the room says so. */
  catchUp(): void {
    for (const stream of this.#core.state.streams.values()) {
      if (!stream.announced) continue;
      const before = stream.inViews.size;
      this.activated(stream);
      if (stream.inViews.size > before) this.#told(stream);
    }
  }

  #enters({ id }: Stream, view: View): boolean {
    return this.#core.roomConfig.auto_mix && !view.unmixed.has(id) && view.mixed.size < mostMixed;
  }

  #enter(stream: Stream, live: LiveView): void {
    if (live.view.mixed.has(stream.id)) return;
    live.view.add(stream.id, stream.track('video') !== undefined);
    this.#views.changed(live);
  }

  /** Something of a stream has changed that mixes depend on. */
  changed(stream: Stream): void {
    for (const { view, mix } of this.#views) if (view.mixed.has(stream.id)) mix.update();
  }

  removed(stream: Stream): void {
    for (const live of this.#views) if (live.view.remove(stream.id)) this.#views.changed(live);
  }

  /** Views are gone. */
  forgetViews(): void {
    for (const stream of this.#core.state.streams.values()) {
      const gone = [...stream.inViews].filter((label) => this.#views.find(label) === undefined);
      for (const label of gone) stream.inViews.delete(label);
      if (gone.length > 0) this.#told(stream);
    }
  }

  #told(stream: Stream): void {
    this.#tell(stream, { field: 'inViews', value: [...stream.inViews] });
  }
}
