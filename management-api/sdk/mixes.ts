import type { LayoutEntry, TemplateBase, WantedLayout } from '../../common/contract/layout.ts';
import type { Stream11 } from '../schemas/streams.ts';
import type { View11, ViewPatch } from '../schemas/views.ts';
import type { Transport } from './transport.ts';

/** What is shown where in a mixed picture, as it is asked for: fractions as `"1/3"`, regions without a stream last. */
export type NewLayout = readonly {
  stream?: string;
  region: WantedLayout[number]['region'];
}[];

/** Views of a room that runs: what is mixed, and what is shown where. A view is named by its label, e.g. `common`. */
export class AdminMixes {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** All views with their streams, whether they are being mixed, where, and how that goes. None while the room does not run. */
  async views(room: string): Promise<View11[]> {
    const path = ['v1.1', 'rooms', room, 'views'];
    return (await this.#transport.json<View11[]>({ method: 'GET', path })).data;
  }

  /** @throws PorticoAdminError `not_found` */
  async view(room: string, view: string): Promise<View11> {
    const path = ['v1.1', 'rooms', room, 'views', view];
    return (await this.#transport.json<View11>({ method: 'GET', path })).data;
  }

  /** Puts a stream into a view. One that is in it stays. @returns the stream */
  async mix(room: string, stream: string, view: string): Promise<Stream11> {
    return await this.#inViews(room, stream, { op: 'add', view });
  }

  /** Takes it out. @returns the stream */
  async unmix(room: string, stream: string, view: string): Promise<Stream11> {
    return await this.#inViews(room, stream, { op: 'remove', view });
  }

  /** What a view shows where right now. */
  async layout(room: string, view: string): Promise<LayoutEntry[]> {
    return (await this.view(room, view)).stream.info.layout;
  }

  /**
   * Sets the whole layout; it stays until a template is chosen. Inputs that it does not name fill its empty regions.
   * @throws PorticoAdminError `bad_request`, `stream_not_found`; `field` names the part
   */
  async setLayout(room: string, view: string, layout: NewLayout): Promise<View11> {
    return await this.#change(room, view, { layout: layout as WantedLayout });
  }

  /** Lets the layout follow the number of inputs again. @param base null: as the room is configured */
  async setTemplate(room: string, view: string, base: Exclude<TemplateBase, 'void'> | null): Promise<View11> {
    return await this.#change(room, view, { template: base });
  }

  /** Puts a stream into a region; the one that is there takes its place. @param region its id, or its index in the layout */
  async setRegion(room: string, view: string, stream: string, region: string | number): Promise<View11> {
    const change = typeof region === 'number' ? { stream, index: region } : { stream, region };
    return await this.#change(room, view, change);
  }

  /** Puts a stream into the first region. */
  async setPrimary(room: string, view: string, stream: string): Promise<View11> {
    return await this.#change(room, view, { primary: stream });
  }

  /** Whether whoever speaks moves to the first region. */
  async followSpeaker(room: string, view: string, follow: boolean): Promise<View11> {
    return await this.#change(room, view, { keepActiveInputPrimary: follow });
  }

  async #inViews(
    room: string,
    stream: string,
    { op, view }: { op: 'add' | 'remove'; view: string },
  ): Promise<Stream11> {
    const path = ['v1.1', 'rooms', room, 'streams', stream];
    const body = [{ op, path: '/info/inViews', value: view }];
    return (await this.#transport.json<Stream11>({ method: 'PATCH', path, body })).data;
  }

  async #change(room: string, view: string, body: ViewPatch): Promise<View11> {
    const path = ['v1.1', 'rooms', room, 'views', view];
    return (await this.#transport.json<View11>({ method: 'PATCH', path, body })).data;
  }
}
