import { PorticoError } from '../contract/errors.ts';
import type { StreamId } from '../contract/ids.ts';
import type { Layout, LayoutMode, LayoutRecord, LayoutRegion, TemplateBase } from '../contract/layout.ts';
import { Templates, type TemplateSettings } from './templates.ts';

export interface ViewLayoutOptions {
  /** Inputs that are shown at a time. */
  maxInput: number;
  templates: TemplateSettings;
}

/**
 * Who is shown where in a view (OWT 10.3, 10.4). Its inputs have an order: the first region shows the first one, and so on.
 * Those beyond the last region or `maxInput` wait; whoever waits longest takes the place that becomes free.
 *
 * All that change something return whether they did.
 */
export class ViewLayout {
  readonly #options: ViewLayoutOptions;
  #inputs: StreamId[];
  #base: TemplateBase | undefined;
  #templates: Templates;
  /** Regions that were set; they hold until a template is chosen. */
  #set: LayoutRegion[] | undefined;

  /** @param record what the view showed before, at another owner */
  constructor(options: ViewLayoutOptions, record?: LayoutRecord) {
    this.#options = options;
    this.#inputs = [...new Set(record?.inputs)];
    this.#base = record?.base;
    this.#set = record?.regions;
    this.#templates = this.#expand();
  }

  #expand(): Templates {
    const { maxInput, templates } = this.#options;
    return new Templates({ ...templates, base: this.#base ?? templates.base }, maxInput);
  }

  /** What decides about the regions. */
  get template(): LayoutMode['template'] {
    return this.#set === undefined ? (this.#base ?? this.#options.templates.base) : 'custom';
  }

  /** All inputs in their order, with those that wait. */
  get inputs(): StreamId[] {
    return [...this.#inputs];
  }

  has(stream: StreamId): boolean {
    return this.#inputs.includes(stream);
  }

  /** Takes the next place. */
  add(stream: StreamId): boolean {
    if (this.has(stream)) return false;
    this.#inputs.push(stream);
    return true;
  }

  remove(stream: StreamId): boolean {
    const at = this.#inputs.indexOf(stream);
    if (at < 0) return false;
    this.#inputs.splice(at, 1);
    return true;
  }

  /**
   * Into a region; whoever was there takes the place that becomes free.
   *
   * @throws PorticoError stream_not_found, not_found (no such region), bad_request (nobody is there to change places with)
   */
  swap(stream: StreamId, regionId: string): boolean {
    const index = this.#regions().findIndex(({ id }) => id === regionId);
    if (index < 0) {
      throw new PorticoError('not_found', `There is no region '${regionId}'.`, { field: 'region' });
    }
    return this.#exchange(stream, index, 'region');
  }

  /** The same, by the region's index in the layout. */
  place(stream: StreamId, index: number): boolean {
    const { length } = this.#regions();
    if (!Number.isInteger(index) || index < 0 || index >= length) {
      throw new PorticoError('not_found', `There is no region at ${index}: the layout has ${length}.`, {
        field: 'index',
      });
    }
    return this.#exchange(stream, index, 'index');
  }

  /** Into the first region. */
  primary(stream: StreamId): boolean {
    return this.#exchange(stream, 0, 'primary');
  }

  #exchange(stream: StreamId, to: number, field: string): boolean {
    const from = this.#inputs.indexOf(stream);
    if (from < 0) {
      throw new PorticoError('stream_not_found', `The stream '${stream}' is not mixed into this view.`, {
        field: field === 'primary' ? field : 'stream',
      });
    }
    if (from === to) return false;
    const other = this.#inputs[to];
    if (other === undefined || to >= this.#options.maxInput) {
      throw new PorticoError(
        'bad_request',
        'This region is empty: regions are filled in their order, and a stream can only change places with another.',
        { field },
      );
    }
    this.#inputs[from] = other;
    this.#inputs[to] = stream;
    return true;
  }

  /**
   * Exactly these regions, until a template is chosen. Inputs that it does not name fill the empty ones.
   *
   * @param layout as `checkLayout` gives it
   * @throws PorticoError bad_request: it shows more streams than the view may
   */
  setLayout(layout: Layout): boolean {
    const named = layout.flatMap(({ stream }) => stream ?? []);
    const { maxInput } = this.#options;
    if (named.length > maxInput) {
      const field = `layout[${maxInput}].stream`;
      throw new PorticoError('bad_request', `This view shows at most ${maxInput} streams.`, { field });
    }
    return this.#changes(() => {
      this.#inputs = [...named, ...this.#inputs.filter((stream) => !named.includes(stream))];
      this.#set = layout.map(({ region }) => region);
    });
  }

  /** Regions by template again; `null`: as configured. */
  setTemplate(base: TemplateBase | null): boolean {
    return this.#changes(() => {
      this.#set = undefined;
      this.#base = base ?? undefined;
      this.#templates = this.#expand();
    });
  }

  #changes(change: () => void): boolean {
    const before = JSON.stringify(this.record());
    change();
    return JSON.stringify(this.record()) !== before;
  }

  #regions(): LayoutRegion[] {
    return this.#set ?? this.#templates.for(Math.min(this.#inputs.length, this.#options.maxInput));
  }

  /** All regions, with the streams in those that are not empty. */
  get layout(): Layout {
    return this.#regions().map((region, index) => {
      const stream = index < this.#options.maxInput ? this.#inputs[index] : undefined;
      return stream === undefined ? { region } : { stream, region };
    });
  }

  /** What there is to remember. */
  record(): LayoutRecord {
    return {
      inputs: this.inputs,
      ...(this.#base !== undefined && { base: this.#base }),
      ...(this.#set !== undefined && { regions: this.#set }),
    };
  }
}
