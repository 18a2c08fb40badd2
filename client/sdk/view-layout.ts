import type { Layout, LayoutTemplate, WantedLayout } from './layout-types.ts';
import type { Requester } from './requests.ts';
import type { MixedStream } from './stream.ts';
import type { Request } from './wire.ts';

type StreamControl = Request<'stream-control'>;
type LayoutChange = Extract<StreamControl, { operation: 'set-layout' }>['data'];

/**
 * Says what a view shows where. Changes need the permission `moderate`, except that whoever publishes a stream may put it
 * into a region. They resolve when the room has agreed; the picture and `MixedStream.layout` follow at once.
 */
export class ViewLayout {
  readonly #requester: Requester;
  readonly #stream: MixedStream;

  /** @internal */
  constructor(requester: Requester, stream: MixedStream) {
    this.#requester = requester;
    this.#stream = stream;
  }

  /** What is shown where right now. */
  get(): Layout {
    return this.#stream.layout;
  }

  /** Regions by a template, for as many as are mixed; null: as the view is configured. */
  async setTemplate(template: LayoutTemplate | null): Promise<void> {
    await this.#change({ template });
  }

  /** Exactly these regions, until a template is chosen. */
  async setLayout(layout: WantedLayout): Promise<void> {
    await this.#change({ layout: layout as Extract<LayoutChange, { layout: unknown }>['layout'] });
  }

  /** Shows a stream in the first region, in exchange for the one that was there. */
  async setPrimary(streamId: string): Promise<void> {
    await this.#change({ primary: streamId });
  }

  /** Shows a stream in a region, by its id or its place in the layout; the two streams change places. */
  async setRegion(streamId: string, region: string | number): Promise<void> {
    if (typeof region === 'number') {
      await this.#change({ stream: streamId, index: region });
      return;
    }
    const data = { view: this.#stream.label, region };
    await this.#requester.request('stream-control', { id: streamId, operation: 'set-region', data });
  }

  /** Whether the one who speaks moves to the first region. */
  async followSpeaker(follow: boolean): Promise<void> {
    await this.#change({ keepActiveInputPrimary: follow });
  }

  async #change(data: LayoutChange): Promise<void> {
    await this.#requester.request('stream-control', { id: this.#stream.id, operation: 'set-layout', data });
  }
}
